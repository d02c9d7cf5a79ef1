"""`python -m tests.metrics_page [--check]`: docs/reference/metrics.md, made of the tables that metrics are made of."""

import sys
from collections.abc import Iterable
from pathlib import Path

from refit_operator.api.generated import write_or_check
from refit_operator.observability.contract import MONITORS, OPERATOR, Metric
from tests.faults.report import markdown

PAGE = Path("docs/reference/metrics.md")
HEADER = """# Metrics
Generated from `refit_operator.observability.contract` by `make metrics-page`; do not edit.

A metric that is here keeps its name, its labels and its meaning until the next minor version, whose changelog names
what changed. Those of the model server begin with `refit_serve_` and `refit_mirror_`:
[the trainer image](trainer.md#probes-and-measures).

## Each monitor
On `/metrics` of the operator, port 8080, of the process that leads. Each has the labels `namespace` and `monitor`:
**scrape with `honor_labels: true`**, or Prometheus renames `namespace` to `exported_namespace`; the PodMonitor of
[manifests/monitoring](../../manifests/monitoring/README.md) and that of the chart, of which one is applied, do. No
label has a text that a user chose, but these two: others have words of fixed lists ([reasons](conditions.md)). The
series of a monitor are gone with it. Times are seconds since 1970. What is absent isn't known, or isn't so: nothing is
0 for want of a number.

"""
OF_THE_PROCESS = """

## The operator
The same endpoint, of every process. Counters begin at 0 with the process. `python_*` and `process_*` are there besides,
as the client library has them.

"""


def rows(metrics: Iterable[Metric], implied: tuple[str, ...] = ()) -> str:
    """Return the table; `implied` are labels that the text above it names."""
    lines = [["metric", "type", "labels", "what it says"]]
    for metric in metrics:
        labels = ", ".join(f"`{label}`" for label in metric.labels if label not in implied)
        lines.append([f"`{metric.name}`", metric.kind.value, labels, metric.text])
    return markdown(lines)


def render() -> str:
    """Return the page."""
    return HEADER + rows(MONITORS, ("namespace", "monitor")) + OF_THE_PROCESS + rows(OPERATOR) + "\n"


def main(arguments: list[str]) -> int:
    """Write the page, or with --check only say whether it differs (exit 1)."""
    return write_or_check({PAGE: render()}, "make metrics-page", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
