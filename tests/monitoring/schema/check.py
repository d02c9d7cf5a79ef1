"""A dashboard held against Grafana's own types by the TypeScript compiler: a folder here pins those of each version."""

import json
import shutil
import tempfile
from pathlib import Path

from localcluster.commands import Failed, run
from localcluster.keys import files_key
from localcluster.locks import exclusive
from localcluster.paths import layout
from localcluster.progress import step
from tests.monitoring.panels import Json

HERE = Path(__file__).resolve().parent
VERSIONS = ("grafana-10", "grafana-13")
"""The oldest that the dashboard is for, and the newest when this was written."""
SHARED = ("types.ts", "tsconfig.json")
CONFIG = {"extends": "../tsconfig.json", "include": ["dashboard.ts"]}


def refusals(dashboard: Json, version: str) -> list[str]:
    """Return what the types of a version refuse; nothing where the dashboard is one of theirs."""
    place = ensure(version)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        Path(folder, "tsconfig.json").write_text(json.dumps(CONFIG))
        Path(folder, "dashboard.ts").write_text(source(dashboard))
        try:
            run(["node", place / "node_modules/typescript/bin/tsc", "--pretty", "false", "--project", folder])
        except Failed as failure:
            return [line.rpartition("dashboard.ts")[2] for line in str(failure).splitlines() if "dashboard.ts(" in line]
    return []


def source(dashboard: Json) -> str:
    """Return the program that is compiled: only of a literal are properties refused that the type doesn't have."""
    text = json.dumps(dashboard, indent=1)
    return f"import type {{ Checked }} from '../types';\n\nexport const dashboard: Checked = {text};\n"


def ensure(version: str) -> Path:
    """Return the folder with a version's packages, installed now if they aren't there."""
    pins = [HERE / version, *(HERE / name for name in SHARED)]
    folder = layout().root / "dashboard-schema" / f"{version}-{files_key(pins, HERE)}"
    with exclusive(layout(), "dashboard-schema"):
        if not (folder / "complete").exists():
            with step(f"types of {version}"):
                _install(version, folder)
    return folder


def _install(version: str, folder: Path) -> None:
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        raise Failed(f"{' and '.join(missing)} not found: install Node.js 18 or later, which checks the dashboard")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / version, folder)
    for name in SHARED:
        shutil.copy(HERE / name, folder)
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder)
    (folder / "complete").touch()
