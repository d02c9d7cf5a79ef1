"""Events that the operator posted on an object."""

from tests.support.cluster.kubectl import Document, Space
from tests.support.local import until


def events_on(space: Space, name: str, reason: str) -> list[str]:
    """Return the notes of the Events of that reason on an object, the oldest first."""
    found: list[Document] = space.list("events.events.k8s.io")
    ours = [event for event in found if (event["regarding"]["name"], event["reason"]) == (name, reason)]
    return [event["note"] for event in sorted(ours, key=lambda event: str(event["eventTime"]))]


def wait_event(space: Space, name: str, reason: str) -> str:
    """Wait for such an Event; return the note of the newest."""
    until(lambda: events_on(space, name, reason) != [], 30, f"no Event {reason} on {name}")
    return events_on(space, name, reason)[-1]
