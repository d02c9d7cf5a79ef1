"""What one fault led to: the line of a table, and what docs/reliability.md is made from."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Played:
    """A fault that was played, and what came of it."""

    group: str
    """The table it belongs to: calls, rollback, surroundings…"""
    fault: str
    """What was done: kill-before, 409, `etcd stopped for 90 s`…"""
    at: str
    """At which point: `PATCH deployments#1`, `Training`…"""
    led_to: str
    """In a sentence, what the operator did and how it ended."""
    seconds: float
    """From the fault to the first sign that the operator works again."""
    problems: tuple[str, ...] = ()
    """What was violated, by invariant; empty is what is hoped for."""


class Named(Protocol):
    """A fault, by its two names."""

    @property
    def mode(self) -> str:
        """What is done."""

    @property
    def at(self) -> str:
        """At which point."""


def keep(path: Path, played: list[Played], order: Sequence[Named]) -> None:
    """Put what was played in place of what is known of the same faults; faults that there no longer are go."""
    known = load(path) if path.exists() else []
    newest = {(one.fault, one.at): one for one in [*known, *played]}
    save(path, [newest[key] for fault in order if (key := (fault.mode, fault.at)) in newest])


def save(path: Path, played: list[Played]) -> None:
    """Write them as JSON, one a line."""
    path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in played))


def load(path: Path) -> list[Played]:
    """Read what `save` wrote."""
    lines = path.read_text().splitlines()
    return [Played(**(found | {"problems": tuple(found["problems"])})) for line in lines if (found := json.loads(line))]
