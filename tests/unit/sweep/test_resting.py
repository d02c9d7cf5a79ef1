"""With which others a monitor at rest is read."""

from dataclasses import replace
from datetime import timedelta

from refit_operator.monitor.rules.rest import Rest
from refit_operator.prometheus.reader import Reader, Subject
from refit_operator.prometheus.rules.promql import freshness_query
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed
from refit_operator.prometheus.servers import Servers
from refit_operator.sweep.resting import resting
from tests.support.monitors import seen
from tests.support.prometheus.no_secrets import NoSecrets
from tests.support.samples import NOW, make_monitor

MINUTE = timedelta(minutes=1)
READER = Reader(Servers("http://prometheus:9090", (), NoSecrets()))
SUBJECT = Subject("shop", "reviews", "reviews")
GOOD = Rest(0.85, True, 0.0, 1.0, "0.9000", NOW, NOW, MINUTE, NOW)
FAILED = GOOD._replace(value=None, reading=QueryFailed.__name__, failed=FailureKind.Refused)


def test_a_monitor_whose_query_fails_is_read_with_those_of_its_namespace_that_fail_alike() -> None:
    good, failed, late = (
        resting(seen(), rest, 1, SUBJECT, READER)
        for rest in (GOOD, FAILED, FAILED._replace(failed=FailureKind.Timeout))
    )
    assert good and failed and late
    assert (good.key.namespace, good.key.failed) == ("", None)
    assert failed.key == replace(good.key, namespace="shop", failed=FailureKind.Refused)
    assert late.key != failed.key
    waits = resting(seen(), FAILED._replace(failed=FailureKind.CircuitOpen), 1, SUBJECT, READER)
    assert waits and waits.key == late.key


def test_one_without_data_is_read_with_all_others() -> None:
    empty = GOOD._replace(value=None, reading="NoData")
    good, found = (resting(seen(), rest, 1, SUBJECT, READER) for rest in (GOOD, empty))
    assert good and found
    assert good.key == found.key


async def test_how_a_query_fails_is_a_reading_of_the_newest_point() -> None:
    monitor = make_monitor(prometheus={"serverAddress": "http://elsewhere:9090"})
    spec, now = monitor.spec, NOW + timedelta(seconds=100)
    window = await READER.window(SUBJECT, spec.prometheus, spec.metric, 1, now)
    assert isinstance(window, QueryFailed)
    assert (window.kind, window.time) == (
        FailureKind.Forbidden,
        READER.grid_of(spec.prometheus, spec.metric).points(now, 1)[0],
    )


def test_all_of_its_queries_are_asked_in_their_order() -> None:
    metric = {
        "query": 'acc{m="$(name)"}',
        "samples": "n1",
        "falseRuns": {"atMost": 1, "per": "720h"},
        "maxAge": "2m",
        "minSamples": {"query": 'n2{m="$(name)"}', "count": 5},
    }
    found = resting(seen(monitor=make_monitor(metric=metric)), GOOD, 1, SUBJECT, READER)
    assert found
    value, samples, age, behind = found.member.asked
    assert (value, samples, behind) == ('acc{m="reviews"}', "n1", 'n2{m="reviews"}')
    assert age == freshness_query(value, 2 * MINUTE)
    form = found.key.form
    assert (form.has_samples, form.max_age, form.min_samples) == (True, 2 * MINUTE, 5)
