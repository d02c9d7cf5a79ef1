"""kopf's handlers. A watch never decides anything: its events enqueue the monitor that the object belongs to, and show
the watchdog that it delivers.
"""

from collections.abc import Callable, Mapping
from typing import Any

import kopf

from refit_operator.api.base import GROUP, MONITOR_LABEL, RUN_LABEL, VERSION
from refit_operator.api.metadata import Ref
from refit_operator.api.selection import EVERYWHERE, Selection
from refit_operator.controller.nothing_kept import NoDiffs, NoProgress
from refit_operator.controller.rules.urgency import of_monitor_event, of_run_event
from refit_operator.controller.seen import Seen, Target
from refit_operator.controller.watch_session import open_session
from refit_operator.controller.watchdog import Streams
from refit_operator.controller.workqueue import Workqueue
from refit_operator.kubernetes_api.client import PAGE
from refit_operator.kubernetes_api.stale_reads import number
from refit_operator.sweep.sweeper import Sweeper
from refit_operator.target.rules.kinds import KINDS
from refit_operator.target.rules.kinds.base import Kind

IDLE = 0.5
"""Seconds after its last event in which an object has a task of its own: after a list all objects have one."""

WatchKind = Callable[[Kind], None]
_KIND_OF = {kind.plural: kind.name for kind in KINDS.values()}


def register(
    registry: kopf.OperatorRegistry,
    workqueue: Workqueue,
    streams: Streams,
    sweeper: Sweeper,
    served: Selection = EVERYWHERE,
) -> WatchKind:
    """Watch monitors, runs, the Jobs and pods of runs, and all kinds of targets, most of which are nobody's.

    Of a namespace that isn't served an event shows that the watch delivers, and nothing else. Returned is what
    registers the handler of one more kind of targets: those that a cluster need not serve are left out here.
    """

    @kopf.on.login(registry=registry)
    async def log_in(**kwargs: Any) -> kopf.AiohttpSession | None:
        info = kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)
        return open_session(info, streams) if info else None

    _watch_runs(registry, workqueue, streams, served)
    return _watch_monitors(registry, workqueue, streams, sweeper, served)


def _watch_monitors(
    registry: kopf.OperatorRegistry, workqueue: Workqueue, streams: Streams, sweeper: Sweeper, served: Selection
) -> WatchKind:
    """Watch monitors and what may be their targets."""
    seen = Seen()

    @kopf.on.event(GROUP, VERSION, "modelmonitors", registry=registry)
    async def monitor_changed(
        namespace: str | None,
        name: str,
        type: str | None,
        resource: kopf.Resource,
        body: Mapping[str, Any],
        **_: Any,
    ) -> None:
        ref, version = Ref(namespace or "", name), body["metadata"]["resourceVersion"]
        streams.delivered(resource.plural, version)
        if ref.namespace not in served:
            return
        before = seen.same_target(ref)
        is_news = seen.forget(ref) if type == "DELETED" else seen.monitor(ref, body)
        if is_news or sweeper.is_outdated(ref, number(version)):
            for each in {ref, *before, *seen.same_target(ref)}:
                workqueue.enqueue(each, urgency=of_monitor_event(type))

    async def target_changed(
        namespace: str | None, name: str, resource: kopf.Resource, meta: Mapping[str, Any], **_: Any
    ) -> None:
        streams.delivered(resource.plural, meta["resourceVersion"])
        for ref in seen.of_target(Target(_KIND_OF[resource.plural], namespace or "", name)):
            workqueue.enqueue(ref)

    def watch_kind(kind: Kind) -> None:
        group, version = kind.api_version.split("/")
        kopf.on.event(group, version, kind.plural, registry=registry)(target_changed)

    for kind in KINDS.values():
        if not kind.installed_by:
            watch_kind(kind)
    return watch_kind


def _watch_runs(registry: kopf.OperatorRegistry, workqueue: Workqueue, streams: Streams, served: Selection) -> None:
    @kopf.on.event(GROUP, VERSION, "retrainruns", registry=registry)
    @kopf.on.event("batch", "v1", "jobs", registry=registry)
    @kopf.on.event("", "v1", "pods", registry=registry)
    async def run_changed(
        namespace: str | None,
        labels: Mapping[str, str],
        type: str | None,
        resource: kopf.Resource,
        body: Mapping[str, Any],
        **_: Any,
    ) -> None:
        streams.delivered(resource.plural, body["metadata"]["resourceVersion"])
        if MONITOR_LABEL in labels and (namespace or "") in served:
            ref = Ref(namespace or "", labels[MONITOR_LABEL])
            workqueue.enqueue(ref, urgency=of_run_event(resource.plural, type, body))


def kopf_settings(watch_seconds: int = 60) -> kopf.OperatorSettings:
    """Return settings under which kopf only watches: it writes nothing and scans nothing else.

    The API server ends each watch after `watch_seconds`; kopf gives a silent connection up ten seconds later.
    """
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.persistence.diffbase_storage = NoDiffs()
    settings.persistence.progress_storage = NoProgress()
    settings.scanning.disabled = True
    settings.watching.chunk_size = PAGE
    settings.watching.server_timeout = watch_seconds
    settings.watching.client_timeout = settings.watching.inactivity_timeout = watch_seconds + 10
    settings.queueing.idle_timeout = IDLE
    settings.watching.label_selectors["batch", "jobs"] = RUN_LABEL
    settings.watching.label_selectors["", "pods"] = RUN_LABEL
    return settings
