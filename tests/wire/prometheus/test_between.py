"""The proxy of the fault tests before a real Prometheus: it passes on what is said, and harms what it is told to."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from refit_operator.prometheus.batched import read_values
from refit_operator.prometheus.client import PrometheusServer
from refit_operator.prometheus.guarded import GuardedServer
from refit_operator.prometheus.rules.breaker import Breakers
from refit_operator.prometheus.rules.manner import BODIES_AGAIN
from refit_operator.prometheus.rules.reading import NoData, QueryFailed, Reading, Value
from tests.faults.between import Between
from tests.faults.damage import DAMAGES, Damage, is_long
from tests.support.prometheus.history import NOON

ASKED = [f"vector({number})" for number in range(20)]
TRUE: list[Reading] = [Value(number, NOON) for number in range(20)]
HALF: list[Reading] = [value if number % 2 == 0 else NoData(NOON) for number, value in enumerate(TRUE)]


@pytest.fixture
def between(prometheus: str) -> Iterator[Between]:
    with Between(prometheus) as between:
        yield between


async def read(between: Between, rounds: int = 1, asked: Sequence[str] = ASKED) -> list[Reading]:
    """Return what is read in the last of some rounds, of which the first alone is damaged where there are several."""
    server = PrometheusServer(between.address, deadline=timedelta(seconds=5))
    guarded = GuardedServer(server, (server.name, "shop"), Breakers())
    found = await read_values(guarded, asked, NOON)
    for _ in range(rounds - 1):
        between.damage, between.batches = None, 0
        found = await read_values(guarded, asked, NOON)
    server.close()
    return found


async def test_it_passes_on_what_is_said(between: Between) -> None:
    assert await read(between) == TRUE
    assert (between.batches, between.harmed) == (1, 0)


@pytest.mark.parametrize("damage", DAMAGES, ids=[one.mode for one in DAMAGES])
async def test_every_reading_is_its_own_or_none(between: Between, damage: Damage) -> None:
    between.damage = damage
    found = await read(between)
    assert between.harmed >= 1
    wrong = [one for one, true in zip(found, TRUE, strict=True) if isinstance(one, Value) and one != true]
    assert wrong == []
    between.damage = None
    assert await read(between) == TRUE


async def test_half_of_the_series_is_half_of_the_readings(between: Between) -> None:
    between.damage = DAMAGES[0]
    assert await read(between) == HALF


async def test_what_is_refused_as_too_long_is_divided(between: Between) -> None:
    between.damage = next(one for one in DAMAGES if one.mode == "422 of Prometheus")
    assert await read(between) == TRUE
    assert between.harmed > 1 and not any(is_long(query) for query in ASKED)


async def test_an_answer_that_breaks_off_is_no_reading(between: Between) -> None:
    between.damage = next(one for one in DAMAGES if one.mode == "connection broken off halfway")
    assert {type(one) for one in await read(between)} == {QueryFailed}


async def test_after_a_damaged_answer_as_few_queries_are_sent_as_before(between: Between) -> None:
    """A proxy that takes no body looks like one that cuts its answers; by addresses, batches are small."""
    between.damage = next(one for one in DAMAGES if one.mode == "half of the bytes, as if they were all")
    long = [f"{query} + 0 * {' + 0 * '.join(['vector(1)'] * 30)}" for query in ASKED]
    assert await read(between, BODIES_AGAIN + 1, long) == TRUE
    assert between.batches == 1
