"""`python -m tests.monitoring [--check]`: what is generated in manifests/monitoring."""

import sys
from pathlib import Path
from textwrap import indent

from localcluster.paths import CHECKOUT
from refit_operator.api.generated import write_or_check
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
    return write_or_check(files(), "make monitoring", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
