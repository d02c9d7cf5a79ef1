"""The operator killed in the midst of many breaches, of which few may have a Job at once: one run and one Job each."""

from pathlib import Path

from benchmarks.scale.bulk import send_all
from benchmarks.scale.feed import STEADY, accuracies
from benchmarks.scale.population import Population, objects_of
from benchmarks.scale.prometheus import fed_prometheus
from tests.faults.crowd import accuracy_of, split
from tests.faults.mass import Mass, kills
from tests.faults.report import NEVER
from tests.support.cluster.apart import Apart
from tests.support.local import until

MONITORS, HEALTHY, AT_ONCE = 30, 4, 8


def test_each_of_many_breaches_has_one_job_across_a_kill(apart: Apart, tmp_path: Path) -> None:
    names = tuple((apart.space.name, f"m{number:06}") for number in range(MONITORS))
    sides = split(names, HEALTHY)
    with fed_prometheus() as prometheus:
        prometheus.feed.show(STEADY, accuracies(accuracy_of(*sides)))
        until(lambda: prometheus.knows("accuracy"), 60, "Prometheus scrapes nothing")
        send_all(objects_of(Population(names, frozenset(names))), 201)
        (played,) = Mass(*sides, prometheus, tmp_path).play(kills(MONITORS - HEALTHY, AT_ONCE)[2:3])
    assert (played.problems, played.led_to != NEVER) == ((), True)
