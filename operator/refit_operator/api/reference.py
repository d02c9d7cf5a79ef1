"""The reference of conditions and reasons, generated: `python -m refit_operator.api.reference [--check] FILE`."""

import sys
from pathlib import Path

from refit_operator.api.conditions import ConditionType
from refit_operator.api.generated import write_or_check
from refit_operator.api.reasons import Reason

HEADER = """# Conditions and reasons
Generated from `refit_operator.api.conditions` by `make crds`; do not edit.

Conditions are positive: True is good. `Stalled` is there only while it is true, as kstatus has it; `DriftSuspected` is
there where `spec.drift` is, and True warns. A ModelMonitor has the first eight, a RetrainRun the others.

| condition |
|---|
"""


def render() -> str:
    """Return the document."""
    kinds = "".join(f"| {kind} |\n" for kind in ConditionType)
    reasons = "".join(f"| {_place(reason)}{reason.value} | {reason.meaning} |\n" for reason in Reason)
    return f"{HEADER}{kinds}\n| reason | what it means |\n|---|---|\n{reasons}"


def _place(reason: Reason) -> str:
    """Return the place that other pages link to, conditions.md#nodata."""
    return f'<a id="{reason.value.lower()}"></a>'


def main(arguments: list[str]) -> int:
    """Write the file, or with --check only say whether it differs (exit 1)."""
    return write_or_check({Path(arguments[-1]): render()}, "make crds", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
