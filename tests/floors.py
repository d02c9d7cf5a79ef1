"""`python -m tests.floors`: how much of each package of the operator was run by tests, and whether it is enough.

Lines and branches count alike. What only a cluster can run, the client, kopf's handlers and the start, has low floors:
tests/cluster runs it in processes of their own.
"""

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path, PurePosixPath

from coverage import Coverage

PACKAGE = "refit_operator"
FLOORS = {
    ".": 24,
    "api": 94,
    "audit": 90,
    "controller": 80,
    "kubernetes_api": 74,
    "leadership": 94,
    "monitor": 87,
    "notifications": 98,
    "observability": 78,
    "places": 97,
    "progress": 87,
    "prometheus": 96,
    "run": 88,
    "sweep": 97,
    "target": 99,
}
"""For each package one below the measured percentage, rounded down: which branch a timeout takes differs between runs.
Modules beside the packages are `.`."""


def package_of(file: str) -> str:
    """Return the package that a file of the operator is in."""
    parts = PurePosixPath(file).parts
    inner = parts[parts.index(PACKAGE) + 1 :]
    return inner[0] if len(inner) > 1 else "."


def measured() -> dict[str, tuple[int, int]]:
    """Return for each package how many lines and branches were run, and how many there are."""
    coverage = Coverage()
    coverage.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        coverage.json_report(outfile=str(report))
        files = json.loads(report.read_text())["files"]
    run, all_ = defaultdict[str, int](int), defaultdict[str, int](int)
    for file, summary in ((file, entry["summary"]) for file, entry in files.items()):
        run[package_of(file)] += summary["covered_lines"] + summary["covered_branches"]
        all_[package_of(file)] += summary["num_statements"] + summary["num_branches"]
    return {package: (run[package], all_[package]) for package in sorted(all_)}


def main() -> int:
    """Print a line for each package; the exit code is 1 where one is below its floor."""
    missed = []
    for package, (run, all_) in measured().items():
        percent, floor = 100 * run / all_, FLOORS.get(package, 100)
        print(f"{package:<16} {run:>5} of {all_:>5} {percent:>6.1f} %  (at least {floor} %)")
        missed += [package] if percent < floor else []
    print(f"below the floor of tests/floors.py: {', '.join(missed)}" if missed else "every package is above its floor")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
