"""Which checkpoints and leftovers of a monitor's earlier runs are to be removed.

The operator names a run, and so its output, `<monitor>-<ordinal>-<8 hexadecimal digits>`. Beside an output
that is named otherwise, nothing is removed.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeGuard
from urllib.parse import unquote

from refit_trainer.storage.uris import list_names

NAME = re.compile(r"(?P<monitor>.+)-(?P<ordinal>\d+)-[0-9a-f]{8}")
ABANDONED = re.compile(r"\.(?P<name>.+)\.(unfinished|uploading|[0-9a-f]{32}\.partial)")


@dataclass(frozen=True, slots=True)
class OutputName:
    """The monitor and the run that a folder is the output of, by its name."""

    monitor: str
    ordinal: int


def parse_output_name(name: str) -> OutputName | None:
    """Return the monitor and ordinal in a name; None where the operator didn't give it."""
    found = NAME.fullmatch(name)
    return OutputName(found["monitor"], int(found["ordinal"])) if found else None


def find_abandoned(output: str) -> list[str]:
    """Return the URIs of what earlier runs of the same monitor began and never published, and never will."""
    parent, _, name = output.rstrip("/").rpartition("/")
    ours = parse_output_name(name)
    if ours is None:
        return []
    started = [(found["name"], entry) for entry in list_names(parent) if (found := ABANDONED.fullmatch(entry))]
    return [f"{parent}/{entry}" for whose, entry in started if _is_earlier(parse_output_name(whose), ours)]


def find_expired(output: str, keep: int, protect: Collection[str]) -> list[str]:
    """Return the URIs of the monitor's earlier checkpoints beyond the newest `keep`, this one included.

    A checkpoint that a protected URI names, or names a file of, is never among them.
    """
    parent, _, name = output.rstrip("/").rpartition("/")
    ours = parse_output_name(name)
    if ours is None:
        return []
    earlier = {entry: theirs for entry in list_names(parent) if _is_earlier(theirs := parse_output_name(entry), ours)}
    newest_first = sorted(earlier, key=lambda entry: earlier[entry].ordinal, reverse=True)
    protected = {part for uri in protect for part in unquote(uri).split("/")}
    return [f"{parent}/{entry}" for entry in newest_first[keep - 1 :] if entry not in protected]


def _is_earlier(theirs: OutputName | None, ours: OutputName) -> TypeGuard[OutputName]:
    return theirs is not None and theirs.monitor == ours.monitor and theirs.ordinal < ours.ordinal
