"""What the runs of one monitor left side by side in the folder of its checkpoints.

The operator names a run, and so its output, `<monitor>-<ordinal>-<8 hexadecimal digits>`. Where an output is named
otherwise nothing is known of its neighbours, and none is touched.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeGuard
from urllib.parse import unquote

from refit_trainer.storage import list_names

NAME = re.compile(r"(?P<monitor>.+)-(?P<ordinal>\d+)-[0-9a-f]{8}")
UNFINISHED = re.compile(r"\.(?P<name>.+)\.(unfinished|uploading|[0-9a-f]{32}\.partial)")


@dataclass(frozen=True, slots=True)
class Output:
    """Whose output a folder is, by its name."""

    monitor: str
    ordinal: int


def parse_output(name: str) -> Output | None:
    """Return whose output a name is; None where the operator didn't name it."""
    found = NAME.fullmatch(name)
    return Output(found["monitor"], int(found["ordinal"])) if found else None


def find_old_unfinished(output: str) -> list[str]:
    """Return the URIs of what earlier runs of the same monitor began and never published: no attempt will follow."""
    parent, _, name = output.rstrip("/").rpartition("/")
    ours = parse_output(name)
    if ours is None:
        return []
    begun = [(found["name"], entry) for entry in list_names(parent) if (found := UNFINISHED.fullmatch(entry))]
    return [f"{parent}/{entry}" for whose, entry in begun if _is_earlier(parse_output(whose), ours)]


def find_old_published(output: str, keep: int, protect: Collection[str]) -> list[str]:
    """Return the URIs of the monitor's earlier checkpoints that go when the newest `keep` stay, this one included.

    A checkpoint that a protected URI is in, or is, stays however old it is.
    """
    parent, _, name = output.rstrip("/").rpartition("/")
    ours = parse_output(name)
    if ours is None:
        return []
    earlier = {entry: theirs for entry in list_names(parent) if _is_earlier(theirs := parse_output(entry), ours)}
    newest_first = sorted(earlier, key=lambda entry: earlier[entry].ordinal, reverse=True)
    protected = {part for uri in protect for part in unquote(uri).split("/")}
    return [f"{parent}/{entry}" for entry in newest_first[keep - 1 :] if entry not in protected]


def _is_earlier(theirs: Output | None, ours: Output) -> TypeGuard[Output]:
    return theirs is not None and theirs.monitor == ours.monitor and theirs.ordinal < ours.ordinal
