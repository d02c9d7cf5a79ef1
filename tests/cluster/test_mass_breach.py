"""Most monitors of one Prometheus fall into breach together: the metrics are the suspect, and nothing is retrained."""

from collections.abc import Iterable
from pathlib import Path

from tests.matrix.cells import conditions
from tests.matrix.stand import BREACH, GOOD, Source, stand
from tests.matrix.walk import ALLOWED
from tests.support.cluster.apart import Apart
from tests.support.cluster.kubectl import Document, Space
from tests.support.cluster.objects import CLAIMS, idle_target, monitor
from tests.support.local import until

NAMES = [f"reviews-{number}" for number in range(10)]
"""As few monitors as there must be."""


def metrics(bad: Iterable[str]) -> str:
    values = {name: BREACH if name in bad else GOOD for name in NAMES}
    return "".join(f'quality{{monitor="{name}"}} {value}\n' for name, value in values.items())


def monitoring(name: str, prometheus: Document) -> Document:
    metric = {"query": 'quality{monitor="$(name)"}', "interval": "2s"}
    return monitor(name, metric=metric, prometheus=prometheus)


def are(space: Space, names: Iterable[str], kind: str, want: str) -> bool:
    """Return whether all of them have that condition."""
    return all(conditions(one).get(kind) == want for one in space.list("mmon") if one["metadata"]["name"] in names)


def test_all_hold_until_most_are_well_again(apart: Apart, tmp_path: Path) -> None:
    bad: list[str] = []
    targets = [idle_target(name) for name in NAMES]
    space = apart.space
    with stand(space, tmp_path, Source.PLAIN, lambda _: metrics(bad)) as ours, apart.operator(**ALLOWED):
        space.apply(*CLAIMS, *targets, *(monitoring(name, ours.spec) for name in NAMES))
        until(lambda: are(space, NAMES, "WithinThreshold", "True Within"), 120, "not all are well at first")
        bad += NAMES
        until(lambda: are(space, NAMES, "WithinThreshold", "False BelowThreshold"), 120, "not all are in breach")
        until(lambda: are(space, NAMES, "RetrainAllowed", "False MassBreach"), 60, "not all are held")
        words = f"10 of 10 monitors of {ours.address} fell into breach within"
        until(lambda: words in space.wait_condition("mmon/reviews-3", "RetrainAllowed", "MassBreach"), 60, words)
        assert "RetrainHeld" in space.run("describe", "mmon", "reviews-3")
        assert space.list("rr") == []
        bad[:] = NAMES[3:4]
        space.wait("mmon/reviews-3", ".status.attempts", "1")
        until(lambda: are(space, {*NAMES} - {*bad}, "WithinThreshold", "True Within"), 60, "the others aren't well")
    assert [run["spec"]["monitorRef"]["name"] for run in space.list("rr")] == ["reviews-3"]
