"""Monitors, runs and targets, read and parsed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from refit_cli.cluster import CONFIG_MAP, JOB, MONITOR, POD, RUN, Api, Document, Resource
from refit_cli.exits import Exit, Failed
from refit_operator.api.base import MONITOR_LABEL, RUN_LABEL, TAKE_POINTER_ANNOTATION
from refit_operator.api.metadata import owner_of
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.pointer import config_map_name
from refit_operator.api.run import RetrainRun
from refit_operator.api.serving import ServingSpec, Update
from refit_operator.target.rules.in_place import parse_in_place, refuse_in_place
from refit_operator.target.rules.kinds import DEPLOYMENT, KINDS
from refit_operator.target.rules.view import TargetView, parse_target

Kind = TypeVar("Kind", bound=BaseModel)
PLURALS = {"Service": "services", "Deployment": "deployments"}
"""Of what a target's controller makes."""


def parse(kind: type[Kind], document: Document) -> Kind:
    """Return the object. Raises Failed where this version doesn't understand it."""
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        name = f"{kind.__name__} {document['metadata']['name']}"
        raise Failed(Exit.USAGE, f"{name} is of another version than this kubectl-refit: {wrong}") from None


def find_monitor(api: Api, name: str) -> Document | None:
    """Return the monitor's document, None where there is none; `mmon/reviews` is taken, too."""
    return api.read(MONITOR, name.rpartition("/")[2])


def get_monitor(api: Api, name: str) -> Document:
    """Return the monitor's document. Raises Failed where there is none."""
    found = find_monitor(api, name)
    if found is None:
        raise Failed(Exit.NOT_FOUND, f"no ModelMonitor {name!r} in namespace {api.namespace}{_others(api)}")
    return found


def _others(api: Api) -> str:
    names = [found["metadata"]["name"] for found in api.list_objects(MONITOR)]
    return f": there are {', '.join(sorted(names)[:10])}" if names else ", which has none"


def runs_of(api: Api, monitor: ModelMonitor) -> tuple[RetrainRun, ...]:
    """Return the monitor's own runs, oldest first."""
    found = api.list_objects(RUN, f"{MONITOR_LABEL}={monitor.metadata.name}")
    own = (parse(RetrainRun, each) for each in found if owner_of(each) == monitor.metadata.uid)
    return tuple(sorted(own, key=lambda run: run.spec.ordinal))


def find_run(api: Api, name: str) -> RetrainRun:
    """Return a run by its own name, or a monitor's run under way, or its newest. Raises Failed."""
    name = name.rpartition("/")[2]
    found = api.read(RUN, name)
    if found:
        return parse(RetrainRun, found)
    monitor = find_monitor(api, name)
    if monitor is None:
        raise Failed(Exit.NOT_FOUND, f"no RetrainRun and no ModelMonitor {name!r} in namespace {api.namespace}")
    runs = runs_of(api, parse(ModelMonitor, monitor))
    if not runs:
        raise Failed(Exit.NOT_FOUND, f"ModelMonitor {name} has no runs yet")
    return next((run for run in reversed(runs) if not run.is_finished), runs[-1])


def jobs_of(api: Api, run: RetrainRun) -> list[Document]:
    """Return the Jobs that the run controls, oldest first."""
    found = api.list_objects(JOB, f"{RUN_LABEL}={run.metadata.name}")
    return _oldest_first(each for each in found if owner_of(each) == run.metadata.uid)


def pods_of(api: Api, job: Document) -> list[Document]:
    """Return the pods that the Job controls, oldest first."""
    meta = job["metadata"]
    found = api.list_objects(POD, f"batch.kubernetes.io/controller-uid={meta['uid']}")
    return _oldest_first(each for each in found if owner_of(each) == meta["uid"])


def _oldest_first(found: Iterable[Document]) -> list[Document]:
    return sorted(found, key=lambda each: (each["metadata"]["creationTimestamp"], each["metadata"]["name"]))


def read_target(api: Api, serving: ServingSpec) -> TargetView | None:
    """Return the target as the operator sees it, None where there is none."""
    kind = KINDS[serving.target_ref.kind]
    document = api.read(Resource(kind.api_version, kind.name, kind.plural), serving.target_ref.name)
    if document is None:
        return None
    made = kind.made(document)
    other = made and api.read(Resource(made.kind[0], made.kind[1], PLURALS[made.kind[1]]), made.name)
    view = parse_target(document, kind, other if other and owner_of(other) == document["metadata"]["uid"] else None)
    if serving.update is not Update.IN_PLACE:
        return view
    if view.kind is not DEPLOYMENT:
        return refuse_in_place(view)
    return parse_in_place(document, api.read(CONFIG_MAP, config_map_name(document["metadata"]["name"])))


@dataclass(frozen=True)
class Seen:
    """A monitor, its runs and its target, read at one moment."""

    document: Document
    monitor: ModelMonitor
    runs: tuple[RetrainRun, ...]
    target: TargetView | None
    claimed_by: str
    now: datetime

    @property
    def taken_pointer(self) -> str | None:
        """The pointer that was handed over by annotation."""
        return self.monitor.metadata.annotations.get(TAKE_POINTER_ANNOTATION)


def see(api: Api, name: str) -> Seen:
    """Return what the API server says of a monitor. Raises Failed where there is none."""
    document = get_monitor(api, name)
    monitor = parse(ModelMonitor, document)
    target = read_target(api, monitor.spec.serving)
    return Seen(document, monitor, runs_of(api, monitor), target, _claimed_by(api, monitor), api.now())


def _claimed_by(api: Api, monitor: ModelMonitor) -> str:
    """Return the older monitor that has the same target, empty where none has."""
    target, same = monitor.spec.serving.target_ref, list[tuple[Any, str, str]]()
    for found in api.list_objects(MONITOR):
        try:
            other = ModelMonitor.model_validate(found)
        except ValidationError:
            continue
        if other.spec.serving.target_ref == target:
            same.append((other.metadata.creation_timestamp, other.metadata.uid, other.metadata.name))
    oldest = min(same, default=None)
    return oldest[2] if oldest and oldest[1] != monitor.metadata.uid else ""
