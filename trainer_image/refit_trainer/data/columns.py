"""The roles that a task gives to a data set's columns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from refit_trainer.contract.errors import BadInput


@dataclass(frozen=True, slots=True)
class ColumnRoles:
    """The roles of a task; a required one that isn't mapped to a column is read from the column of its own name."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ("slice", "time")
    files: tuple[str, ...] = ()
    """Roles whose values are files: their contents, or paths beside the rows."""
    multi_question: tuple[str, ...] = ()
    """Required roles whose values are objects: answers to several questions."""
    nullable: tuple[str, ...] = ()
    """Required roles that may be null or absent in a row."""
    instead: str = ""
    """A role that stands for all the required ones where it is mapped."""
    unfold: Callable[[dict[str, Any]], str | None] = lambda values: None
    """Puts the required roles in the place of what a row has; returns what is wrong with it."""

    def choose(self, columns: Mapping[str, str]) -> "ColumnRoles":
        """Return the roles of rows with these columns."""
        return replace(self, required=(self.instead,), instead="") if self.instead in columns else self

    gathered: str | None = None
    """The required role whose value is all columns that no role is read from, where rows have no column of its name."""

    def map_columns(self, columns: Mapping[str, str]) -> dict[str, str]:
        """Return column by role; raise BadInput for a role that the task doesn't have."""
        known = (*self.required, *self.optional)
        or_instead = f", or {self.instead}" if self.instead else ""
        if unknown := sorted(set(columns) - set(known)):
            raise BadInput(f"dataset.columns.{unknown[0]}: unknown role; this task has {', '.join(known)}{or_instead}")
        return {role: columns.get(role, role) for role in known if role in self.required or role in columns}


BOOKKEEPING = ("id", "domain", "group", "slice", "time")
"""Columns of the rows that refit-serve stores, which say nothing of an input."""


def gather(row: Mapping[str, Any], columns: Mapping[str, str], role: str | None) -> Mapping[str, Any]:
    """Return a row with the columns that no role is read from as that role's; a slice's may be one of them."""
    if role is None or columns[role] in row:
        return row
    taken = {*BOOKKEEPING, *(column for name, column in columns.items() if name != "slice")}
    return {**row, columns[role]: {name: value for name, value in row.items() if name not in taken}}


def find_repeated(names: Sequence[str]) -> str | None:
    """Return what is wrong with a file's columns: of two with one name only one can be read."""
    repeated = [name for at, name in enumerate(names) if name and name in names[:at]]
    return f'has the column "{repeated[0]}" twice' if repeated else None
