"""Have the ends of runs sent to whom they concern, and record who was told: so that a restart tells nobody again."""

from collections.abc import Sequence
from datetime import datetime

from refit_operator.api.run import RetrainRun
from refit_operator.kubernetes_api.client import RUN, Cluster
from refit_operator.notifications.notifier import Notifier, Told
from refit_operator.notifications.rules.episode import episode_of, is_news


async def notify(runs: Sequence[RetrainRun], notifier: Notifier, cluster: Cluster, now: datetime) -> bool:
    """Offer what is news to the notifier, which waits for nobody here; return whether a run was written."""
    is_written = False
    for run in runs:
        if run.status.notified_time:
            notifier.forget(run.metadata.uid)
        if not is_news(run, now):
            continue
        told = notifier.told(run.metadata.uid)
        if told is None and (episode := episode_of(run)):
            notifier.offer(episode, run.status.notified)
        elif told and (told.is_all or told.names - set(run.status.notified)):
            await _record(run, told, cluster, now)
            is_written = True
    return is_written


async def _record(run: RetrainRun, told: Told, cluster: Cluster, now: datetime) -> None:
    facts = {"notified": tuple(sorted(told.names)), "notified_time": now if told.is_all else None}
    await cluster.write_status(RUN, run, run.status.model_copy(update=facts).to_json())
