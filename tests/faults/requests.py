"""Requests that were sent while what serves changed, and what came of them: a table of docs/reliability.md."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sent:
    """The requests of one kind of clients during one change."""

    during: str
    """The change: a promotion, a rollback…"""
    connections: str
    """`new` for each request, or `kept`."""
    answered: int
    lost: int
    """Refused, cut, answered with a status of 400 or more, or not within ten seconds."""
    unresolved: int
    """The name of the Service wasn't resolved: the client's own trouble, which never reached a server."""
    seconds: float
    """From the moment before the change until no pod of before is left."""

    @property
    def sent(self) -> int:
        """All that reached the server, or should have."""
        return self.answered + self.lost


def save(path: Path, found: Iterable[Sent]) -> None:
    """Write them as JSON, one a line."""
    path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in found))


def load(path: Path) -> list[Sent]:
    """Read what `save` wrote."""
    return [Sent(**json.loads(line)) for line in path.read_text().splitlines()]


def rows(found: Iterable[Sent]) -> list[list[str]]:
    """Return the table's rows, its head first."""
    head = ["during", "connections", "sent", "lost", "unresolved names", "seconds"]
    return [
        head,
        *(
            [one.during, one.connections, str(one.sent), str(one.lost), str(one.unresolved), f"{one.seconds:.0f}"]
            for one in found
        ),
    ]
