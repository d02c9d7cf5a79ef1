"""`python -m benchmarks.bench_in_place`: what a change of the model costs in place, and by a rolling update.

`tests/cluster/test_in_place.py` plays both on the node: a trained model, clients that never try again, a promotion and
a rollback. Records go into docs/benchmarks/in-place.jsonl, and docs/how-to/in-place.md has a table made from them.
`--check` only reports whether it matches.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.pages import FOLDER, Part, Record, read_lines, table

UPDATES = ("InPlace", "RollingUpdate")
TEST = "tests/cluster/test_in_place.py::test_no_request_is_lost_and_in_place_no_pod_is_restarted"


def play(update: str) -> list[Record]:
    """Play a promotion and a rollback on the cluster; return what each cost."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "-m", "in_place", "-n", "0", f"{TEST}[{update}]"]
        subprocess.run(command, check=True, env=os.environ | {"REFIT_TEST_INTO": folder})
        return read_lines(Path(folder) / "in-place.jsonl")


def render(records: Sequence[Record]) -> str:
    """Return seconds, requests and memory of each change."""
    if not records:
        return "Not measured yet."
    head = (
        "`serving.update`",
        "during",
        "seconds until every pod answers with it",
        "requests answered",
        "lost",
        "memory before",
        "at most",
        "pods restarted",
    )
    return table(head, [cells(record) for record in records])


def cells(record: Record) -> list[str]:
    """Return the table's line of one change."""
    return [
        f"`{record['update']}`",
        record["during"],
        f"{record['seconds']:.0f}",
        f"{record['answered']:,}",
        str(record["lost"]),
        f"{record['memory_before']:,.0f} MiB",
        f"{record['most_memory']:,.0f} MiB",
        "yes" if record["restarted"] else "no",
    ]


PART = Part(
    made_by="make bench-in-place",
    page=FOLDER.parent / "how-to" / "in-place.md",
    records=FOLDER / "in-place.jsonl",
    names=UPDATES,
    key="update",
    play=play,
    render=render,
)

if __name__ == "__main__":
    PART.main("benchmarks.bench_in_place", __doc__)
