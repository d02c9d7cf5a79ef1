"""What a column is to a task."""

from collections.abc import Mapping
from dataclasses import dataclass

from refit_trainer.errors import BadInput


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns that a task knows by role; a required one that isn't mapped has its role's name."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ("slice", "time")
    files: tuple[str, ...] = ()
    """Roles whose values are files: their contents, or paths beside the rows."""
    several: tuple[str, ...] = ()
    """Required roles whose values are objects: answers to several questions."""
    may_lack: tuple[str, ...] = ()
    """Required roles whose values a row may lack."""

    def map_columns(self, columns: Mapping[str, str]) -> dict[str, str]:
        """Return column by role; raise BadInput for a role that the task doesn't have."""
        known = (*self.required, *self.optional)
        if unknown := sorted(set(columns) - set(known)):
            raise BadInput(f"dataset.columns.{unknown[0]}: unknown role; this task has {', '.join(known)}")
        return {role: columns.get(role, role) for role in known if role in self.required or role in columns}
