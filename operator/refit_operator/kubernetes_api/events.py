"""Events on a monitor or a run, for `kubectl describe`. Losing one is no reason to fail: it is logged."""

import uuid
from datetime import UTC, datetime

import structlog

from refit_operator.api.base import API_VERSION, FIELD_MANAGER
from refit_operator.api.events import Event
from refit_operator.api.metadata import Ref
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import RetrainRun
from refit_operator.kubernetes_api.client import EVENT, Cluster, Document
from refit_operator.kubernetes_api.errors import ClusterError

log = structlog.get_logger()


def build_event(about: ModelMonitor | RetrainRun, event: Event, now: datetime) -> Document:
    """Return an events.k8s.io/v1 Event."""
    meta = about.metadata
    return build_event_on((API_VERSION, type(about).__name__), Ref(meta.namespace, meta.name), meta.uid, event, now)


def build_event_on(kind: tuple[str, str], ref: Ref, uid: str, event: Event, now: datetime) -> Document:
    """Return an Event on an object of which no more is known than its (apiVersion, kind), name and UID."""
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": f"{ref.name}.{uuid.uuid4().hex[:16]}", "namespace": ref.namespace},
        "eventTime": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "reportingController": f"refit.dev/{FIELD_MANAGER}",
        "reportingInstance": FIELD_MANAGER,
        "action": event.reason,
        "reason": event.reason,
        "type": event.type,
        "note": event.message[:1024],
        "regarding": {
            "apiVersion": kind[0],
            "kind": kind[1],
            "name": ref.name,
            "namespace": ref.namespace,
            "uid": uid,
        },
    }


async def post_event(cluster: Cluster, event: Document) -> None:
    """Post an Event made by `build_event`."""
    try:
        await cluster.create(EVENT, event["metadata"]["namespace"], event)
    except ClusterError as error:
        log.warning("event lost", reason=event["reason"], error=str(error))
