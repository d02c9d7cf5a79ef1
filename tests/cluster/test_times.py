"""Times in the status of monitor and run are whole seconds in UTC, as Kubernetes' own are."""

import re
from collections.abc import Iterator
from typing import Any

from tests.support.cluster.kubectl import Space
from tests.support.cluster.runs import run_number, start

WHOLE_SECOND = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


def times_in(value: Any) -> Iterator[str]:
    """Yield every text in a document that is a time, whatever its precision."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from times_in(part)
    elif isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}T", value):
        yield value


def test_times_are_whole_seconds(space: Space) -> None:
    start(space)
    run = run_number(space, 1)
    space.wait("mmon/reviews", ".status.lastRun.outcome", "Promoted")
    times = [*times_in(space.get("mmon", "reviews")["status"]), *times_in(run["status"])]
    assert len(times) > 15
    assert [time for time in times if not WHOLE_SECOND.fullmatch(time)] == []
