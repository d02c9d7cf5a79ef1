"""Have the ends of runs sent to whom they concern, and record those that were: so that a restart sends none again."""

from collections.abc import Sequence
from datetime import datetime

from refit_operator.api.run import RetrainRun
from refit_operator.kubernetes_api.client import RUN, Cluster
from refit_operator.notifications.notifier import Notifier
from refit_operator.notifications.rules.episode import episode_of, is_news


async def notify(runs: Sequence[RetrainRun], notifier: Notifier, cluster: Cluster, now: datetime) -> bool:
    """Offer what is news to the notifier, which waits for nobody here; return whether a run was written."""
    news = [run for run in runs if is_news(run, now)]
    sent = [run for run in news if notifier.was_sent(run.metadata.uid)]
    for run in sent:
        status = run.status.model_copy(update={"notified_time": now})
        await cluster.write_status(RUN, run, status.to_json())
        notifier.forget(run.metadata.uid)
    for run in news:
        if run not in sent and (episode := episode_of(run)):
            notifier.offer(episode)
    return bool(sent)
