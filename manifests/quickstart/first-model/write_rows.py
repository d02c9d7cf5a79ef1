"""Writes scikit-learn's handwritten digits as rows: 8 by 8 grey values of a scan, and the digit that was written.

Some are for the first model to learn. The others are what clients send: `upright` as they were scanned, then `turned`,
the same ones by a scanner that has the page upside down. 1,797 scans of 13 people: E. Alpaydin, C. Kaynak, "Optical
Recognition of Handwritten Digits", UCI Machine Learning Repository (1998).
"""

import json
import random
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sklearn.datasets import load_digits

LEARNT = 600
Row = dict[str, Any]


def main(target: Path) -> None:
    """Write the three files below the folder."""
    found = load_digits()
    scans = [([int(value) for value in scan], int(digit)) for scan, digit in zip(found.data, found.target, strict=True)]
    random.Random(0).shuffle(scans)
    first, rest = scans[:LEARNT], scans[LEARNT:]
    turned = [(scan[::-1], digit) for scan, digit in rest]
    for name, part in {"learn/first": first, "send/upright": rest, "send/turned": turned}.items():
        write(target / f"{name}.jsonl", (make_row(name, n, scan, digit) for n, (scan, digit) in enumerate(part)))
        print(f"{target / name}.jsonl: {len(part)} rows")


def make_row(name: str, number: int, scan: list[int], digit: int) -> Row:
    """Return a row of a table, whose columns are the points of the scan."""
    features = {f"p{place:02}": grey for place, grey in enumerate(scan)}
    return {"id": f"{Path(name).name}-{number}", "features": features, "label": str(digit)}


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write JSON lines, with the folders that it takes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
