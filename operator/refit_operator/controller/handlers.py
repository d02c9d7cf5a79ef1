"""kopf's handlers. A watch never decides anything: its events enqueue the monitor that the object belongs to, and show
the watchdog that it delivers.
"""

from collections.abc import Mapping
from typing import Any

import kopf

from refit_operator.api.base import GROUP, MONITOR_LABEL, RUN_LABEL, VERSION
from refit_operator.api.metadata import Ref
from refit_operator.controller.watch_session import open_session
from refit_operator.controller.watchdog import Streams
from refit_operator.controller.workqueue import Workqueue
from refit_operator.kubernetes_api.client import PAGE


def register(registry: kopf.OperatorRegistry, workqueue: Workqueue, streams: Streams) -> None:
    """Watch monitors, runs, and the Jobs and pods of runs."""

    @kopf.on.login(registry=registry)
    async def log_in(**kwargs: Any) -> kopf.AiohttpSession | None:
        info = kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)
        return open_session(info, streams) if info else None

    @kopf.on.event(GROUP, VERSION, "modelmonitors", registry=registry)
    async def monitor_changed(
        namespace: str | None, name: str, resource: kopf.Resource, meta: Mapping[str, Any], **_: Any
    ) -> None:
        streams.delivered(resource.plural, meta["resourceVersion"])
        workqueue.enqueue(Ref(namespace or "", name))

    @kopf.on.event(GROUP, VERSION, "retrainruns", registry=registry)
    @kopf.on.event("batch", "v1", "jobs", registry=registry)
    @kopf.on.event("", "v1", "pods", registry=registry)
    async def run_changed(
        namespace: str | None,
        labels: Mapping[str, str],
        resource: kopf.Resource,
        meta: Mapping[str, Any],
        **_: Any,
    ) -> None:
        streams.delivered(resource.plural, meta["resourceVersion"])
        if MONITOR_LABEL in labels:
            workqueue.enqueue(Ref(namespace or "", labels[MONITOR_LABEL]))


def kopf_settings(watch_seconds: int = 60) -> kopf.OperatorSettings:
    """Return settings under which kopf only watches: it writes nothing and scans nothing else.

    The API server ends each watch after `watch_seconds`; kopf gives a silent connection up ten seconds later.
    """
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.chunk_size = PAGE
    settings.watching.server_timeout = watch_seconds
    settings.watching.client_timeout = settings.watching.inactivity_timeout = watch_seconds + 10
    settings.watching.label_selectors["batch", "jobs"] = RUN_LABEL
    settings.watching.label_selectors["", "pods"] = RUN_LABEL
    return settings
