"""What the runs of one monitor left side by side in the folder of its checkpoints.

The operator names a run, and so its output, `<monitor>-<ordinal>-<8 hexadecimal digits>`. Where an output is named
otherwise nothing is known of its neighbours, and none is touched.
"""

import re
from dataclasses import dataclass

from refit_trainer.storage import list_names

NAME = re.compile(r"(?P<monitor>.+)-(?P<ordinal>\d+)-[0-9a-f]{8}")
UNFINISHED = re.compile(r"\.(?P<name>.+)\.(unfinished|[0-9a-f]{32}\.partial)")


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


def _is_earlier(theirs: Output | None, ours: Output) -> bool:
    return theirs is not None and theirs.monitor == ours.monitor and theirs.ordinal < ours.ordinal
