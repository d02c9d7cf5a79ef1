"""A history of labels, cut into blocks of time: what the threshold is chosen and tested on."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.times import NoTime, parse_time

TRUE, FALSE = {"1", "true", "yes"}, {"0", "false", "no"}


@dataclass(frozen=True, slots=True)
class Label:
    """One answer that was compared with its true one; `time` is in seconds since 1970."""

    time: float
    is_right: bool
    is_drifted: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbours in time: so many labels, so many of them right, all before a drift or all after it."""

    start: float
    labels: int
    right: int
    is_drifted: bool = False

    @property
    def share(self) -> float:
        """The share of right answers."""
        return self.right / self.labels


def read_csv(path: Path) -> list[Label]:
    """Read labels in time order; raise BadInput that names line, column and value.

    Columns: `time`; `correct`, or `label` and `predicted`; optionally `drifted`, 1 in the rows in which the model had
    really become worse.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            _check_columns(path, reader.fieldnames or ())
            labels = [_parse(row, f"{path.name}:{reader.line_num}") for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path}: {error}") from None
    return sorted(labels, key=lambda label: label.time)


def cut(labels: Sequence[Label], blocks: int) -> list[Block]:
    """Return about so many blocks of neighbours, each wholly before or wholly after a drift began or ended."""
    size = max(1, len(labels) // blocks)
    return [
        block
        for is_drifted, run in groupby(labels, key=lambda label: label.is_drifted)
        for block in _cut_run(list(run), size, is_drifted)
    ]


def labels_each(labels: Sequence[Label], interval: float) -> int:
    """Return the labels that one reading has: the mean over the history's time. `interval` is in seconds."""
    span = labels[-1].time - labels[0].time
    if span <= 0:
        raise BadInput("all labels have one time: say how many a reading has with --labels")
    return max(1, round(len(labels) * interval / span))


def _cut_run(run: list[Label], size: int, is_drifted: bool) -> Iterable[Block]:
    pieces = max(1, round(len(run) / size))
    edges = [round(len(run) * piece / pieces) for piece in range(pieces + 1)]
    for start, end in pairwise(edges):
        part = run[start:end]
        yield Block(part[0].time, len(part), sum(label.is_right for label in part), is_drifted)


def _check_columns(path: Path, columns: Iterable[str]) -> None:
    found = set(columns)
    if "time" not in found or not ("correct" in found or {"label", "predicted"} <= found):
        wanted = "time and correct, or time, label and predicted"
        raise BadInput(f"{path}: the columns are {', '.join(sorted(found)) or 'none'}; it needs {wanted}")


def _parse(row: Mapping[str, str], source: str) -> Label:
    try:
        time = parse_time(row["time"])
    except NoTime as problem:
        raise BadInput(f"{source}: time is {row['time']!r}, {problem}") from None
    right = _flag(row, "correct", source) if "correct" in row else row["label"] == row["predicted"]
    return Label(time, right, _flag(row, "drifted", source) if row.get("drifted") else False)


def _flag(row: Mapping[str, str], column: str, source: str) -> bool:
    text = (row[column] or "").strip().lower()
    if text not in TRUE | FALSE:
        raise BadInput(f"{source}: {column} is {row[column]!r}, neither 1 nor 0")
    return text in TRUE
