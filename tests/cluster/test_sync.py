"""K speaks of what the API server's watches deliver: a monitor that would keep a sync waiting is named."""

import json
from collections.abc import Iterator

import pytest

from tests.faults.observer import MONITORS, RUNS, Observer
from tests.gitops.situations import recorded, violations
from tests.support.cluster.apart import Apart
from tests.support.cluster.hosted import admin_config, trust_as_user
from tests.support.cluster.kubectl import Space
from tests.support.cluster.objects import monitor
from tests.support.local import until

WELL, BUSY = ("Ready", "Monitoring"), ("Reconciling", "RunActive")


@pytest.fixture
def observer(apart: Apart) -> Iterator[Observer]:
    config = admin_config()
    server = config["clusters"][0]["cluster"]["server"]
    with Observer(server, trust_as_user(config), apart.space.name, (MONITORS, RUNS)) as made:
        yield made


def say(space: Space, *conditions: tuple[str, str]) -> None:
    """Write a status as an operator would."""
    rest = {
        "status": "True",
        "message": "a test's",
        "lastTransitionTime": "2026-11-30T12:00:00Z",
        "observedGeneration": 1,
    }
    said = [{"type": kind, "reason": reason, **rest} for kind, reason in conditions]
    patch = json.dumps({"status": {"observedGeneration": 1, "conditions": said}})
    space.run("patch", "mmon", "reviews", "--subresource=status", "--type=merge", "-p", patch)


def test_a_monitor_that_a_sync_would_wait_for_is_named(apart: Apart, observer: Observer) -> None:
    apart.space.apply(monitor())
    say(apart.space, WELL)
    until(lambda: len(observer.seen) == 2, 30, "the watch doesn't show two versions")
    assert violations([*observer.seen]) == []
    say(apart.space, WELL, BUSY)
    until(lambda: len(observer.seen) == 3, 30, "the watch doesn't show the third")
    found = violations([*observer.seen])
    assert [text.partition("; ")[0].partition(" is ")[2] for text in found] == [
        "InProgress, by the documentation Current",
        "InProgress, it was Current at this generation",
    ]
    assert [situation.kstatus for situation in recorded("a test", [*observer.seen]).versions] == [
        "InProgress",
        "Current",
        "InProgress",
    ]
