"""What kubectl-refit reads, without a server: what its screens say is a matter of the objects alone.

tests/cluster/test_cli.py has the same commands on a real node, with its refusals and its clock.
"""

import copy
import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

from rich.console import Console, RenderableType

from refit_cli.cluster import Document, Resource
from refit_operator.api.conditions import ConditionType
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import RetrainRun
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.status import next_status
from tests.support.samples import NOW


def document_of(kind: str, thing: ModelMonitor | RetrainRun) -> Document:
    """Return an object as the API server gives it."""
    metadata = json.loads(thing.metadata.model_dump_json(by_alias=True, exclude_none=True))
    own = {"spec": thing.spec.to_json(), "status": thing.status.to_json()}
    return {"apiVersion": "refit.dev/v1alpha1", "kind": kind, "metadata": metadata} | own


def reconciled(o: Observed) -> ModelMonitor:
    """Return the monitor with the status that the operator writes of this situation."""
    return o.monitor.model_copy(update={"status": next_status(o)})


def condition(kind: ConditionType, status: str, reason: str, message: str = "m") -> dict[str, str]:
    """Return a condition as a status has it."""
    words = {"type": kind.value, "status": status, "reason": reason, "message": message}
    return words | {"lastTransitionTime": (NOW - timedelta(minutes=9)).isoformat()}


class Objects:
    """The objects of a namespace. A stand-in: it selects by one label, and merges patches as RFC 7386 says."""

    def __init__(self, *documents: Document, now: datetime = NOW) -> None:
        self.namespace = "shop"
        self.patched: list[tuple[str, Document]] = []
        self._found = {(each["kind"], each["metadata"]["name"]): copy.deepcopy(each) for each in documents}
        self._now = now

    @classmethod
    def of(cls, o: Observed, *documents: Document) -> "Objects":
        """Return those of a situation, with the status that the operator writes of it."""
        target = [o.target.document | {"kind": "Deployment", "apiVersion": "apps/v1"}] if o.target else []
        runs = [document_of("RetrainRun", run) for run in o.runs]
        return cls(document_of("ModelMonitor", reconciled(o)), *runs, *target, *documents, now=o.now)

    def read(self, resource: Resource, name: str) -> Document | None:
        return copy.deepcopy(self._found.get((resource.kind, name)))

    def list_objects(self, resource: Resource, selector: str = "", fields: str = "") -> list[Document]:
        found = [each for (kind, _), each in self._found.items() if kind == resource.kind]
        key, _, value = selector.partition("=")
        labels = [(each, each["metadata"].get("labels") or {}) for each in found]
        return [copy.deepcopy(each) for each, has in labels if not key or (key in has and value in ("", has[key]))]

    def patch(self, resource: Resource, name: str, body: Document, dry_run: bool = False) -> Document:
        self.patched.append((f"{resource.kind}/{name}", body))
        before = self._found[resource.kind, name]
        if not dry_run:
            self._found[resource.kind, name] = _merged(before, body)
        merged: Document = _merged(before, body)
        return merged

    def now(self) -> datetime:
        return self._now

    def username(self) -> str:
        return "ada@example.com"


def _merged(base: Any, change: Any) -> Any:
    if not isinstance(change, dict):
        return change
    kept = base if isinstance(base, dict) else {}
    merged = {**kept, **{key: _merged(kept.get(key), value) for key, value in change.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def text_of(screen: RenderableType, width: int = 160) -> str:
    """Return a screen as it is printed where there are no colours."""
    printed = StringIO()
    Console(width=width, file=printed, highlight=False).print(screen)
    return printed.getvalue()
