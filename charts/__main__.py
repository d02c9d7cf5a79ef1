"""`python -m charts [--check]`: write the Helm chart, charts/refit; with --check, say what of it is out of date."""

import json
import sys
import tomllib
from pathlib import Path

from charts.changes import Unexpected
from charts.defaults import default_values
from charts.schema import values_schema
from charts.templates import TEMPLATES
from charts.values_file import values_yaml
from localcluster.paths import CHECKOUT

CHART = CHECKOUT / "charts" / "refit"
WRITTEN_BY_HAND = (".helmignore", "templates/NOTES.txt", "templates/_helpers.tpl", "templates/pod-monitor.yaml")
"""Files of the chart that nothing generates."""


def chart_files(checkout: Path = CHECKOUT) -> dict[str, str]:
    """Return the generated files, by their path in the chart. Raises Unexpected."""
    schema, values = values_schema(), default_values(checkout / "manifests" / "base")
    templates = {f"templates/{each.file}": each.rendered(checkout) for each in TEMPLATES}
    return templates | {
        "Chart.yaml": chart_yaml(checkout),
        "values.yaml": values_yaml(schema, values) + "\n",
        "values.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n",
    }


def chart_yaml(checkout: Path) -> str:
    """Return what Helm knows of the chart; its version is the project's."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    return f"""# Generated from pyproject.toml by `make chart`; do not edit.
apiVersion: v2
name: refit
description: "{project["description"]}"
type: application
version: {project["version"]}
appVersion: v{project["version"]}
kubeVersion: ">=1.30.0-0"
"""


def out_of_date(files: dict[str, str], chart: Path) -> list[str]:
    """Return which files of a chart differ from the generated ones, are missing, or are too many."""
    there = {str(path.relative_to(chart)): path.read_text() for path in chart.rglob("*") if path.is_file()}
    differ = {name for name, text in files.items() if there.get(name) != text}
    return sorted(differ | (there.keys() - files.keys() - set(WRITTEN_BY_HAND)))


def main(arguments: list[str]) -> int:
    """Write the files, or only check them."""
    try:
        files = chart_files()
    except Unexpected as problem:
        print(problem, file=sys.stderr)
        return 1
    if arguments == ["--check"]:
        wrong = out_of_date(files, CHART)
        for name in wrong:
            print(f"charts/refit/{name} is out of date: run `make chart`")
        return 1 if wrong else 0
    for name, text in files.items():
        (CHART / name).parent.mkdir(parents=True, exist_ok=True)
        (CHART / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
