"""Readings of before, as kubectl-refit asks a real Prometheus for them: those that the operator would have read."""

from datetime import timedelta

import pytest

from refit_cli.exits import Exit, Failed
from refit_cli.prometheus import by_address
from refit_cli.simulate.fetch import fetch
from refit_cli.simulate.play import play
from refit_operator.prometheus.client import PrometheusServer, read_window
from refit_operator.prometheus.rules.reading import QueryFailed, Value
from tests.support.prometheus.history import ACCURACY, NOON
from tests.support.samples import make_monitor

TWO_HOURS = timedelta(hours=2)
MONITOR = make_monitor(metric={"query": ACCURACY, "interval": "10m", "threshold": 0.8})
"""The accuracy is 0.85 all the time, of which the first hour is before the history begins."""


async def test_they_are_those_of_the_operator(prometheus: str) -> None:
    found = fetch(by_address(prometheus), MONITOR, TWO_HOURS, NOON)
    theirs = await read_window(PrometheusServer(prometheus), ACCURACY, [reading.time for reading in found])
    assert not isinstance(theirs, QueryFailed)
    assert found == theirs and len(found) == 12
    assert [isinstance(reading, Value) for reading in found] == [False] * 6 + [True] * 6


def test_they_are_played(prometheus: str) -> None:
    readings = fetch(by_address(prometheus), MONITOR, TWO_HOURS, NOON)
    assert not play(MONITOR, readings, timedelta(hours=1)).runs
    strict = make_monitor(metric={"query": ACCURACY, "interval": "10m", "threshold": 0.9})
    assert len(play(strict, readings, timedelta(hours=9)).runs) == 1


def test_what_prometheus_refuses_is_its_sentence(prometheus: str) -> None:
    wrong = make_monitor(metric={"query": "rate(sum(ok_total)[5m:1m]) + sum(label_replace(up, 'a', '(', 'b', '('))"})
    with pytest.raises(Failed, match="Prometheus says: "):
        fetch(by_address(prometheus), wrong, TWO_HOURS, NOON)


def test_a_server_that_is_not_there_is_said() -> None:
    with pytest.raises(Failed, match="no answer from Prometheus at http://127") as failed:
        fetch(by_address("http://127.0.0.1:1"), MONITOR, TWO_HOURS, NOON)
    assert failed.value.code is Exit.UNREACHABLE
