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

from benchmarks.pages import FOLDER, Part, Record, read_lines

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
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for one in records:
        sizes = f"{one['memory_before']:,.0f} MiB | {one['most_memory']:,.0f} MiB"
        restarted = "yes" if one["restarted"] else "no"
        lines.append(
            f"| `{one['update']}` | {one['during']} | {one['seconds']:.0f} | {one['answered']:,} | {one['lost']} "
            f"| {sizes} | {restarted} |"
        )
    return "\n".join(lines) if records else "Not measured yet."


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
