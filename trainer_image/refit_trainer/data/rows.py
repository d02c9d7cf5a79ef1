"""A data set as the rest of the trainer sees it: rows by role, and facts about them for reports."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.blob import Blob

SHOWN = 20  # problems in one message; the rest are counted
NAMED = 5  # files that aren't read, in a report or the log; the rest are counted


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its values by role (text, label, slice, time) and where it was read, for example `feedback.jsonl:17`."""

    values: Mapping[str, Any]
    source: str = ""


@dataclass(frozen=True, slots=True)
class RowSet:
    """The rows that a command uses, oldest first."""

    rows: Sequence[Row]
    newest: str | None = None
    replayed: int = 0
    """How many of the rows, its first ones, are from before the recent ones."""
    unread: tuple[str, ...] = ()
    """What is in the data set's folder and wasn't read, by its name there."""
    known_digest: str = field(default="", compare=False)
    """The digest, where it was computed as the rows were written."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def digest(self) -> str:
        """The SHA-256 over the rows' values in order: the same rows have the same digest."""
        return self.known_digest or digest_rows(self.rows)

    def facts(self) -> dict[str, Any]:
        """Return what a report says: digest, number, the newest row's time, how many are old, what isn't read."""
        facts: dict[str, Any] = {"digest": self.digest, "rows": len(self)}
        facts |= {"newest": self.newest} if self.newest else {}
        facts |= {"replayed": self.replayed} if self.replayed else {}
        unread = {"count": len(self.unread), "names": list(self.unread[:NAMED])}
        return facts | ({"unread": unread} if self.unread else {})


def digest_rows(rows: Iterable[Row]) -> str:
    """Return the SHA-256 over rows' values in order."""
    total = hashlib.sha256()
    for row in rows:
        total.update(encode_values(row.values) + b"\n")
    return f"sha256:{total.hexdigest()}"


def name_some(names: Sequence[str]) -> str:
    """Return the first names, and the number of the others."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def encode_values(values: Any) -> bytes:
    """Return values as JSON that is the same for the same values; a file stands for its contents."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False, default=_digest).encode(errors="replace")


def _digest(value: Any) -> Any:
    return value.digest if isinstance(value, Blob) else str(value)  # dates and decimals of Parquet


class Problems:
    """Everything wrong with a data set, so that it can be corrected at once."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._total = 0

    def __bool__(self) -> bool:
        return self._total > 0

    def add(self, source: str, problem: str) -> None:
        """Note one problem and where it is."""
        self._total += 1
        if len(self._shown) < SHOWN:
            self._shown.append(f"{source}: {problem}")

    def include(self, others: "Problems") -> None:
        """Note the problems of others after these."""
        self._shown += others._shown[: SHOWN - len(self._shown)]
        self._total += others._total

    def raise_if_any(self) -> None:
        """Raise BadInput with the first twenty problems and the number of the others."""
        if not self._total:
            return
        more = self._total - len(self._shown)
        raise BadInput("\n".join([*self._shown, *([f"and {more} more"] if more else [])]))
