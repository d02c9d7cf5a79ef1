"""Half of the series is missing from the answers to queries of several monitors: each is taken for what it is."""

from pathlib import Path

from benchmarks.scale.feed import MOVING
from benchmarks.scale.prometheus import fed_prometheus
from tests.faults.batch import KNOWN_S, Batched
from tests.faults.damage import DAMAGES
from tests.faults.models import models_in, page_of
from tests.support.cluster.apart import Apart

MODELS, FALL = 30, 3


def test_half_of_the_series_left_out(apart: Apart, tmp_path: Path) -> None:
    models = models_in(apart.space.name, MODELS, FALL)
    with fed_prometheus() as prometheus:
        prometheus.feed.show(MOVING, page_of(models))
        prometheus.wait_until_known(KNOWN_S)
        played = Batched(apart.space, models, prometheus, tmp_path).play(DAMAGES[0])
    assert played.problems == (), played.led_to
