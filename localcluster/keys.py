"""Content keys: the same inputs give the same key, whatever the clock or the file system says."""

import hashlib
import tomllib
from collections.abc import Iterable
from pathlib import Path

SKIPPED_FOLDERS = {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"}


def key(*parts: str | bytes) -> str:
    """Return a short key of some parts; ("ab", "c") and ("a", "bc") differ."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


def files_key(paths: Iterable[Path], base: Path) -> str:
    """Return a key of the names, the execute bits and the contents of files and folders below `base`."""
    parts: list[str | bytes] = []
    for path in sorted(_files(paths)):
        parts += [str(path.relative_to(base)), str(path.stat().st_mode & 0o100), path.read_bytes()]
    return key(*parts)


def _files(paths: Iterable[Path]) -> set[Path]:
    found: set[Path] = set()
    for path in paths:
        candidates = [path] if path.is_file() else path.rglob("*")
        found |= {file for file in candidates if file.is_file() and not SKIPPED_FOLDERS & set(file.parts)}
    return found


def project_parts(pyproject: Path, extra: str) -> str:
    """Return what of pyproject.toml an image depends on: dependencies of an extra and the commands."""
    project = tomllib.loads(pyproject.read_text())["project"]
    wanted = [project.get("dependencies", []), project["optional-dependencies"][extra], project.get("scripts", {})]
    return repr([project["name"], project["version"], *wanted])
