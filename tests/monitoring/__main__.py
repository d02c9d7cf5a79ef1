"""`python -m tests.monitoring [--check]`: what is generated in manifests/monitoring."""

import sys
from pathlib import Path
from textwrap import indent

from localcluster.paths import CHECKOUT
from tests.monitoring.dashboard import render

FOLDER = CHECKOUT / "manifests" / "monitoring"
RULE = """# Generated from rules.yaml by `make monitoring`; do not edit.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: refit-operator
  namespace: refit-system
  labels: {app: refit-operator}
spec:
"""


def prometheus_rule(rules: str) -> str:
    """Return the resource that has the groups of a file of rules."""
    return RULE + indent(rules[rules.index("groups:") :], "  ")


def files() -> dict[Path, str]:
    """Return each generated file, and what it should hold."""
    return {
        FOLDER / "prometheusrule.yaml": prometheus_rule((FOLDER / "rules.yaml").read_text()),
        FOLDER / "dashboard.json": render(),
    }


def main(arguments: list[str]) -> int:
    """Write the files, or with --check only say which differ (exit 1)."""
    differing = [path for path, text in files().items() if not path.exists() or path.read_text() != text]
    if "--check" not in arguments:
        for path in differing:
            path.write_text(files()[path])
        return 0
    for path in differing:
        print(f"{path.relative_to(CHECKOUT)} differs from what it is generated from, run `make monitoring`")
    print("manifests/monitoring is up to date" if not differing else "")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
