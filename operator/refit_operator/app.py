"""The only kopf decorators. A watch never decides anything: it wakes the monitor that the object belongs to."""

from collections.abc import Mapping
from typing import Any

import kopf

from refit_operator.api.base import GROUP, MONITOR_LABEL, RUN_LABEL, VERSION
from refit_operator.api.metadata import Ref
from refit_operator.schedule import Schedule


def register(registry: kopf.OperatorRegistry, schedule: Schedule) -> None:
    """Watch monitors, runs, and the Jobs and pods of runs."""

    @kopf.on.login(registry=registry)
    async def log_in(**kwargs: Any) -> kopf.ConnectionInfo | None:
        return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)

    @kopf.on.event(GROUP, VERSION, "modelmonitors", registry=registry)
    async def monitor_changed(namespace: str | None, name: str, **_: Any) -> None:
        schedule.wake(Ref(namespace or "", name))

    @kopf.on.event(GROUP, VERSION, "retrainruns", registry=registry)
    @kopf.on.event("batch", "v1", "jobs", registry=registry)
    @kopf.on.event("", "v1", "pods", registry=registry)
    async def run_changed(namespace: str | None, labels: Mapping[str, str], **_: Any) -> None:
        if MONITOR_LABEL in labels:
            schedule.wake(Ref(namespace or "", labels[MONITOR_LABEL]))


def kopf_settings() -> kopf.OperatorSettings:
    """Return settings under which kopf only watches: it writes nothing and scans nothing else."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 330
    settings.watching.label_selectors["batch", "jobs"] = RUN_LABEL
    settings.watching.label_selectors["", "pods"] = RUN_LABEL
    return settings
