"""Drift is read of a real Prometheus as a metric is: the last N points of its own grid, its variables filled in."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from refit_operator.monitor.observe import with_drift
from refit_operator.monitor.rules.decision import Observed
from refit_operator.monitor.rules.drift import drift_ratio, drift_verdict
from refit_operator.ports import Ports
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.reading import QueryFailed
from refit_operator.prometheus.servers import Servers
from tests.support.monitors import GOOD, seen
from tests.support.prometheus.history import ACCURACY, NOON
from tests.support.samples import make_monitor


async def read(address: str, query: str, label: str = "") -> Observed:
    metadata = {"creationTimestamp": "2020-01-01T00:00:00Z"}
    asking = seen(GOOD, monitor=make_monitor(metadata=metadata, drift={"query": query, "interval": "1m"}))
    reader = Reader(Servers(address, (), cast(Any, None)), label)
    return await with_drift(replace(asking, now=NOON), cast(Ports, SimpleNamespace(reader=reader)))


@pytest.mark.parametrize(("times", "want"), [(10, "True"), (1, "False")])
async def test_it_is_a_ratio_of_its_limit(prometheus: str, times: int, want: str) -> None:
    found = await read(prometheus, f"{times} * {ACCURACY}")
    assert not isinstance(found.drift, QueryFailed) and len(found.drift) == 5
    verdict = drift_verdict(found)
    assert verdict is not None and verdict.status == want and drift_ratio(found) is not None


async def test_no_series_is_not_known(prometheus: str) -> None:
    verdict = drift_verdict(await read(prometheus, 'avg(refit_serve_input_drift_ratio{app="$(name)"})'))
    assert verdict is not None and (verdict.status, "no data" in verdict.message) == ("Unknown", True)


async def test_series_of_other_namespaces_are_not_asked_for(prometheus: str) -> None:
    """Where the administrator has it so: a warning is no way around what holds for a metric."""
    found = await read(prometheus, 'avg(refit_serve_input_drift_ratio{namespace="other"})', "namespace")
    verdict = drift_verdict(found)
    assert isinstance(found.drift, QueryFailed) and verdict is not None and verdict.status == "Unknown"
