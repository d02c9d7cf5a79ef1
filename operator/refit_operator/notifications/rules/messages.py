"""The bodies of requests: a webhook as Slack has them, and a CloudEvent 1.0 in structured mode. Pure."""

from datetime import datetime
from typing import Any

from refit_operator.api.base import API_VERSION
from refit_operator.notifications.rules.episode import Episode

LONGEST_TEXT = 3000
"""Characters of a message, which is quoted from pods and other controllers; Slack refuses much longer ones."""
EVENT_TYPE = "dev.refit.retrainrun.ended"
CLOUD_EVENT = "application/cloudevents+json"


def slack_body(episode: Episode) -> dict[str, Any]:
    """Return the body of a Slack-compatible webhook. What others wrote can mention nobody and link to nothing."""
    lines = (
        f"*{episode.monitor}: {episode.title}*",
        f"{_capital(episode.cause)}. Run {episode.run}: {episode.outcome.value} ({episode.reason}).",
        episode.message,
    )
    return {"text": _cut("\n".join(_escaped(line) for line in lines if line))}


def cloud_event(episode: Episode) -> dict[str, Any]:
    """Return the event. Its id and source are the same each time it is sent: so receivers know a repetition."""
    monitor = episode.monitor
    return {
        "specversion": "1.0",
        "id": episode.id,
        "source": f"/apis/{API_VERSION}/namespaces/{monitor.namespace}/modelmonitors/{monitor.name}",
        "type": EVENT_TYPE,
        "subject": episode.run,
        "time": _stamp(episode.ended),
        "datacontenttype": "application/json",
        "data": {
            "namespace": monitor.namespace,
            "monitor": monitor.name,
            "run": episode.run,
            "outcome": episode.outcome.value,
            "reason": episode.reason,
            "cause": episode.cause,
            "message": _cut(episode.message),
            "began": _stamp(episode.began),
            "ended": _stamp(episode.ended),
            "checkpoint": episode.checkpoint,
        },
    }


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _stamp(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
