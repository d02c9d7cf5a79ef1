"""Dead or silent: what was opened, delivered and read, in order, and whether the watchdog complains."""

from typing import Any

import pytest

from refit_operator.controller.watchdog import KINDS, Limits, Streams

LIMITS = Limits(reopened=180, delivered=90)
LABELLED = {"refit.dev/run": "reviews-1"}


class World:
    """Streams, and a clock that is given the time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.streams = Streams(lambda: self.now)

    def wait(self, seconds: float, *, living: bool = True) -> None:
        self.now += seconds
        for kind in KINDS.values() if living else ():
            self.streams.opened(kind)

    def read(self, kind: str, version: str, labels: dict[str, str] | None = None) -> None:
        self.streams.read({"kind": kind, "metadata": {"resourceVersion": version, "labels": labels}})

    @property
    def complaint(self) -> str | None:
        return self.streams.complaint(LIMITS)


def test_living_watches_in_a_cluster_where_nothing_happens() -> None:
    world = World()
    for _ in range(100):
        world.wait(61)
        assert world.complaint is None


def test_a_watch_that_was_never_opened() -> None:
    world = World()
    world.wait(179, living=False)
    assert world.complaint is None
    world.wait(2, living=False)
    assert world.complaint == "the watch of modelmonitors was last opened 181 s ago"


@pytest.mark.parametrize("dead", KINDS.values())
def test_one_watch_that_died(dead: str) -> None:
    world = World()
    world.wait(0)
    for _ in range(4):
        world.wait(61, living=False)
        for kind in set(KINDS.values()) - {dead}:
            world.streams.opened(kind)
    assert world.complaint == f"the watch of {dead} was last opened 244 s ago"


def test_other_kinds_are_nobodys_business() -> None:
    world = World()
    world.streams.opened("leases")
    world.read("Service", "99")
    world.wait(100)
    assert world.complaint is None


Story = list[tuple[str, Any]]
STORIES: dict[str, tuple[Story, str | None]] = {
    "read and never delivered": ([("read", "50"), ("wait", 91)], "version 50, read 91 s ago"),
    "read and not delivered yet": ([("read", "50"), ("wait", 89)], None),
    "delivered before it was read": ([("delivered", "50"), ("read", "50"), ("wait", 91)], None),
    "delivered soon after": ([("read", "50"), ("wait", 5), ("delivered", "50"), ("wait", 91)], None),
    "an older read than what was delivered": ([("delivered", "60"), ("read", "50"), ("wait", 91)], None),
    "delivered of something newer": ([("read", "50"), ("delivered", "60"), ("wait", 91)], None),
    "delivered of something older": ([("read", "50"), ("delivered", "40"), ("wait", 91)], "version 50, read 91 s ago"),
    "versions are numbers": ([("delivered", "1000"), ("read", "999"), ("wait", 91)], None),
    "read again and again": ([("read", "50"), ("wait", 60), ("read", "50"), ("wait", 31)], "version 50, read 91 s ago"),
    "fell silent after the first": (
        [("read", "50"), ("read", "55"), ("wait", 10), ("delivered", "50"), ("wait", 81)],
        "version 55, read 91 s ago",
    ),
    "the oldest miss counts": (
        [("read", "50"), ("wait", 80), ("read", "55"), ("wait", 11)],
        "version 50, read 91 s ago",
    ),
    "behind, but it delivers": (
        [
            ("read", "50"),
            ("wait", 80),
            ("read", "55"),
            ("delivered", "50"),
            ("wait", 80),
            ("delivered", "55"),
            ("wait", 80),
        ],
        None,
    ),
    "a version that is no number": ([("read", "abc"), ("wait", 91)], None),
}


@pytest.mark.parametrize(("story", "want"), STORIES.values(), ids=STORIES)
def test_what_was_read_must_be_told(story: Story, want: str | None) -> None:
    world = World()
    for what, value in story:
        match what:
            case "wait":
                world.wait(value)
            case "read":
                world.read("RetrainRun", value)
            case "delivered":
                world.streams.delivered("retrainruns", value)
    assert world.complaint == (want and f"the watch of retrainruns hasn't delivered {want}")


@pytest.mark.parametrize("kind", ["Job", "Pod"])
def test_only_jobs_and_pods_of_runs_are_watched(kind: str) -> None:
    world = World()
    world.read(kind, "50")
    world.wait(91)
    assert world.complaint is None
    world.read(kind, "50", LABELLED)
    world.wait(91)
    assert world.complaint == f"the watch of {KINDS[kind]} hasn't delivered version 50, read 91 s ago"


def test_the_limits_let_a_client_mend_a_half_open_connection_first() -> None:
    from refit_operator.controller.handlers import kopf_settings

    watching = kopf_settings().watching
    assert watching.server_timeout is not None and watching.client_timeout is not None
    assert watching.server_timeout < watching.client_timeout < Limits().delivered < Limits().reopened
