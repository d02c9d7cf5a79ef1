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
    """Put what was played in place of what is known of the same faults, each where it stands in the order."""
    known = load(path) if path.exists() else []
    newest = {(one.fault, one.at): one for one in [*known, *played]}
    places = {(fault.mode, fault.at): place for place, fault in enumerate(order)}
    save(path, sorted(newest.values(), key=lambda one: places.get((one.fault, one.at), len(places))))


def save(path: Path, played: list[Played]) -> None:
    """Write them as JSON, one a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in played))


def load(path: Path) -> list[Played]:
    """Read what `save` wrote."""
    lines = path.read_text().splitlines()
    return [Played(**(found | {"problems": tuple(found["problems"])})) for line in lines if (found := json.loads(line))]
