"""A dozen monitors of the benchmark Scale on the real cluster: how often an operator asks and writes. No seconds."""

import time
from collections.abc import Iterator
from functools import partial

import pytest

from benchmarks.scale.feed import MOVING, STEADY, Names, accuracies, counters
from benchmarks.scale.population import BAD, GOOD, INTERVAL_S, monitor_of, target_of
from benchmarks.scale.prometheus import Fed, fed_prometheus
from benchmarks.scale.watching import JUDGED, Watch
from tests.support.cluster.apart import Apart
from tests.support.cluster.kubectl import Space
from tests.support.local import until

MONITORS, MOVERS = 12, 3
LIMIT_S = 120
STATUS_WRITES = 2
"""Of a monitor, from its creation until it is judged."""


@pytest.fixture
def prometheus() -> Iterator[Fed]:
    with fed_prometheus() as fed:
        yield fed


def names_in(space: Space) -> list[Names]:
    return [(space.name, f"m{number:06}") for number in range(MONITORS)]


def prepare(space: Space, prometheus: Fed) -> dict[Names, float]:
    """Have the monitors and their targets; return those that may move, with their accuracies."""
    names = names_in(space)
    movers = dict.fromkeys(names[:MOVERS], GOOD)
    for kind, made in ((STEADY, counters(names[MOVERS:])), (MOVING, accuracies(movers))):
        prometheus.feed.show(kind, made).was_told.wait()
    prometheus.wait_until_known()
    space.apply(*(target_of(name) for _, name in names))
    space.apply(*(monitor_of(name, (space.name, name) in movers) for _, name in names))
    return movers


def watch(space: Space, kind: str, marker: bytes = b"") -> Watch:
    group, plural = kind.rsplit("/", 1)
    return Watch(f"/apis/{group}/namespaces/{space.name}/{plural}", marker)


def test_what_is_quiet_is_written_once_and_a_breach_has_one_job(apart: Apart, prometheus: Fed) -> None:
    space = apart.space
    movers = prepare(space, prometheus)
    settings = {"REFIT_PROMETHEUS_URL": prometheus.address}
    judged = watch(space, "refit.dev/v1alpha1/modelmonitors", JUDGED)
    with apart.operator(**settings):
        assert judged.wait(MONITORS, LIMIT_S), f"judged: {sorted(judged.seen)}"
        assert judged.events <= STATUS_WRITES * MONITORS
    quiet = watch(space, "refit.dev/v1alpha1/modelmonitors")
    jobs = watch(space, "batch/v1/jobs")
    with apart.operator(**settings):
        time.sleep(INTERVAL_S)  # the time in which nothing may be written is what is tested
        assert quiet.events == 0, "a restart writes nothing while nothing changes"
        prometheus.feed.show(MOVING, accuracies(dict.fromkeys(movers, BAD)))
        assert jobs.wait(MOVERS, LIMIT_S), f"Jobs: {sorted(jobs.seen)}"
    with apart.operator(**settings):
        until(lambda: len(space.list("rr")) == MOVERS, LIMIT_S, "each breach has one run")
        time.sleep(INTERVAL_S)  # so has it after a restart
        assert len(space.list("rr")) == MOVERS and len(jobs.seen) == MOVERS
    for one in (judged, quiet, jobs):
        one.close()


def has_begun(found: Watch, times: int) -> bool:
    return found.begun >= times


def test_a_watch_goes_on_where_the_api_server_ends_it(space: Space) -> None:
    found = Watch(f"/api/v1/namespaces/{space.name}/configmaps", b'"told"', lasts_s=1)
    for number in range(1, 4):
        until(partial(has_begun, found, number + 1), 30, "the API server doesn't end it")
        space.run("create", "configmap", f"m{number}", "--from-literal=told=x")
        assert found.wait(number, 30), found.seen
    found.close()
    assert sorted(found.seen) == ["m1", "m2", "m3"]
