"""Situations of monitors and runs that were seen during real work, what kstatus says in each, and how often."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.invariants import Document, Seen
from tests.faults.sync import BY_OTHERS, Sync, observed
from tests.support.kstatus import Status, kstatus

MONITOR, RUN = "ModelMonitor", "RetrainRun"


@dataclass(frozen=True)
class Situation:
    """What one version of an object says, without names, numbers and times."""

    kind: str
    stage: str
    """The state of a monitor, the stage of a run; empty before the first."""
    outcome: str
    is_read: bool
    """Whether a monitor's status is of the spec that it has; a run's spec is read from the start."""
    conditions: tuple[str, ...]
    kstatus: Status


@dataclass(frozen=True)
class Recorded:
    """What was seen while a command ran."""

    command: str
    monitors: int
    runs: int
    versions: dict[Situation, int]
    """How many versions of any object were in each situation, in the order in which these were seen first."""


def recorded(command: str, seen: Iterable[Seen]) -> Recorded:
    """Count each version once; a deletion is none."""
    versions = {(one.object["metadata"]["uid"], one.version): one.object for one in in_order(seen)}
    uids = {kind: {uid for (uid, _), found in versions.items() if found["kind"] == kind} for kind in (MONITOR, RUN)}
    counts = Counter(map(situation_of, versions.values()))
    return Recorded(command, len(uids[MONITOR]), len(uids[RUN]), dict(counts))


def in_order(seen: Iterable[Seen]) -> list[Seen]:
    """Return what there was, in the API server's order."""
    return sorted((one for one in seen if one.change != "DELETED"), key=lambda one: one.version)


def situation_of(document: Document) -> Situation:
    """Return the situation of an object."""
    status = document.get("status") or {}
    return Situation(
        kind=document["kind"],
        stage=status.get("state") or status.get("stage") or "",
        outcome=status.get("outcome") or "",
        is_read=document["kind"] == RUN or observed(document) == document["metadata"]["generation"],
        conditions=tuple(f"{one['type']}={one['status']} {one['reason']}" for one in status.get("conditions") or ()),
        kstatus=kstatus(document),
    )


def violations(seen: Iterable[Seen]) -> list[str]:
    """Return where K was violated; others may change what stands around a monitor meanwhile."""
    sync = Sync(BY_OTHERS)
    told = [(one.version, words) for one in in_order(seen) for words in sync.violations_by(one.change, one.object)]
    return [f"{words} (at version {version})" for version, words in told]


def keep(path: Path, found: Recorded) -> None:
    """Write what was seen in place of what the same command led to before; what others led to stays."""
    known = parse(path.read_text()) if path.exists() else []
    path.write_text("".join(map(render, [*(one for one in known if one.command != found.command), found])))


def render(found: Recorded) -> str:
    """Return a line of the whole, and one for each situation."""
    whole = {"command": found.command, "monitors": found.monitors, "runs": found.runs}
    lines = [whole, *(asdict(situation) | {"versions": count} for situation, count in found.versions.items())]
    return "".join(json.dumps(line) + "\n" for line in lines)


def parse(text: str) -> list[Recorded]:
    """Read what `keep` wrote."""
    found: list[Recorded] = []
    for line in map(json.loads, text.splitlines()):
        if "command" in line:
            found.append(Recorded(**line, versions={}))
            continue
        count = line.pop("versions")
        given = {"conditions": tuple(line["conditions"]), "kstatus": Status(line["kstatus"])}
        found[-1].versions[Situation(**(line | given))] = count
    return found
