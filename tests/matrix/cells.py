"""From the events of one row to its cells: what was seen in each stage. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from refit_operator.api.uris import name_pointer
from tests.faults.ending import name_of, once_each
from tests.faults.invariants import CHECKPOINT, Document, Seen

MONITORING, TRAINING, ROLLING_OUT, VERIFYING = STAGES = ("monitoring", "training", "rolling out", "verifying")


@dataclass(frozen=True)
class Cell:
    """What was seen of one kind of reading in one stage."""

    row: str
    stage: str
    metric: tuple[str, ...]
    """MetricAvailable, status and reason, each time it turned."""
    message: str
    """MetricAvailable's, at the end of the stage."""
    state: str
    conditions: dict[str, str]
    """The monitor's at the end of the stage, status and reason by type."""
    events: tuple[str, ...]
    """Reasons of the events that were posted on the monitor."""
    runs: tuple[str, ...]
    """Stages of the run, one after the other."""
    jobs: int
    pointer: tuple[str, ...]
    """What the target's pointer named, each time it changed."""
    outcome: str
    """The run's, where it is over."""
    confirmed: str
    """The run's condition Confirmed."""
    said: str
    """The run's message."""


@dataclass(frozen=True)
class Marks:
    """Between which versions the reading was there: first with no run under way, then with one."""

    monitoring: tuple[int, int]
    run: tuple[int, int]


@dataclass
class World:
    """What there is at one moment."""

    monitor: Document = field(default_factory=dict)
    run: Document = field(default_factory=dict)
    pointer: str = ""
    jobs: set[str] = field(default_factory=set)

    def take(self, document: Document) -> None:
        """Take a watch's event in."""
        match document["kind"]:
            case "ModelMonitor":
                self.monitor = document
            case "RetrainRun":
                self.run = document
            case "Job":
                self.jobs.add(document["metadata"]["uid"])
            case "Deployment":
                self.pointer = document["spec"]["template"]["metadata"].get("annotations", {}).get(CHECKPOINT, "")

    def stage(self, version: int, marks: Marks) -> str:
        """Return the stage that an event belongs to; empty where the reading wasn't there."""
        if marks.monitoring[0] <= version <= marks.monitoring[1]:
            return MONITORING
        if not marks.run[0] < version <= marks.run[1]:
            return ""
        status = self.run.get("status", {})
        if status.get("rolledOutTime"):
            return VERIFYING
        return ROLLING_OUT if status.get("pointerChange") else TRAINING


def conditions(document: Document) -> dict[str, str]:
    """Return status and reason by type."""
    return {c["type"]: f"{c['status']} {c['reason']}" for c in document.get("status", {}).get("conditions", ())}


def message(document: Document, kind: str) -> str:
    """Return a condition's message, empty where there is no such condition."""
    found = document.get("status", {}).get("conditions", ())
    return next((str(c["message"]) for c in found if c["type"] == kind), "")


def cells_of(row: str, seen: Iterable[Seen], marks: Marks, names: Mapping[str, str]) -> list[Cell]:
    """Return the row's cells, in the order of the stages; `names` are for what has another name each time."""
    ordered = sorted(seen, key=lambda one: one.version)
    new = next((pointer for one in reversed(ordered) if (pointer := promoted(one.object))), "none")
    world, parts = World(), {stage: Part() for stage in STAGES}
    for one in ordered:
        world.take(one.object)
        stage = world.stage(one.version, marks)
        if stage:
            parts[stage].add(one.object, world, new)
    names = {**names, name_pointer(new): "the candidate"}
    return [parts[stage].cell(row, stage, names) for stage in STAGES]


def promoted(document: Document) -> str:
    """Return the pointer that a run was to promote, empty where it isn't one, or has none yet."""
    change = document.get("status", {}).get("pointerChange") if document["kind"] == "RetrainRun" else None
    return str(change["new"]) if change else ""


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return the text with other names."""
    for name, instead in names.items():
        text = text.replace(name, instead)
    return text


class Part:
    """The events of one stage."""

    def __init__(self) -> None:
        self.metric: list[str] = []
        self.events: list[str] = []
        self.runs: list[str] = []
        self.pointer: list[str] = []
        self.jobs = 0
        self.monitor: Document = {}
        self.run: Document = {}

    def add(self, document: Document, world: World, new: str) -> None:
        """Take an event, and the world after it."""
        self.monitor, self.run, self.jobs = world.monitor, world.run, len(world.jobs)
        self.metric += [found] if (found := conditions(world.monitor).get("MetricAvailable")) else []
        self.pointer.append(name_of(world.pointer, new))
        self.runs += [world.run.get("status", {}).get("stage") or "new"] if world.run else []
        about = document["regarding"]["kind"] if document["kind"] == "Event" else ""
        self.events += [document["reason"]] if about == "ModelMonitor" else []

    def cell(self, row: str, stage: str, names: Mapping[str, str]) -> Cell:
        """Return what is worth keeping, with the names that stand for those of this time."""
        status = self.run.get("status", {})
        return Cell(
            row=row,
            stage=stage,
            metric=tuple(once_each(self.metric)),
            message=renamed(message(self.monitor, "MetricAvailable"), names),
            state=self.monitor.get("status", {}).get("state", ""),
            conditions=conditions(self.monitor),
            events=tuple(self.events),
            runs=tuple(once_each(self.runs)),
            jobs=self.jobs,
            pointer=tuple(once_each(self.pointer)),
            outcome=status.get("outcome") or "",
            confirmed=conditions(self.run).get("Confirmed", ""),
            said=renamed(status.get("message") or "", names),
        )
