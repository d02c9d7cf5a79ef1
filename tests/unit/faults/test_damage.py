"""What the proxy before Prometheus does to answers, and to which."""

import json
from typing import Any

import pytest

from refit_operator.prometheus.rules.batch import TAG
from tests.faults.damage import DAMAGES, LONGEST, Damage, Reply, is_batch, is_long

TAGS = ("0/0", "0/0", "1/0", "1/0", "1/1", "1/1")
"""Two series of queries that are alike, and two ratios."""
SERIES: list[dict[str, Any]] = [
    {"metric": {TAG: tag, "monitor": f"m{number}"}, "values": [[1, "0.9"]]} for number, tag in enumerate(TAGS)
]
WHOLE = Reply(200, json.dumps({"status": "success", "data": {"resultType": "matrix", "result": SERIES}}).encode())


def damage(mode: str) -> Damage:
    return next(one for one in DAMAGES if one.mode == mode)


def monitors(reply: Reply) -> list[str]:
    return [one["metric"]["monitor"] for one in json.loads(reply.body)["data"]["result"]]


def test_every_second_series_is_left_out() -> None:
    assert monitors(damage("half of the series left out").harm(WHOLE)) == ["m0", "m2", "m4"]


def test_good_counts_are_left_out_and_their_totals_stay() -> None:
    assert monitors(damage("good counts of ratios left out").harm(WHOLE)) == ["m0", "m1", "m4", "m5"]


def test_what_is_partial_says_so() -> None:
    reply = damage("half of the series left out, with a warning").harm(WHOLE)
    assert monitors(reply) == ["m0", "m2", "m4"]
    assert "no answer of store" in json.loads(reply.body)["warnings"][0]


def test_half_of_the_bytes_is_no_answer() -> None:
    reply = damage("half of the bytes, as if they were all").harm(WHOLE)
    assert len(reply.body) == len(WHOLE.body) // 2 and reply.promised is None
    with pytest.raises(ValueError):
        json.loads(reply.body)


def test_a_connection_that_breaks_off_had_promised_all() -> None:
    reply = damage("connection broken off halfway").harm(WHOLE)
    assert (len(reply.body), reply.promised) == (len(WHOLE.body) // 2, len(WHOLE.body))


@pytest.mark.parametrize(("mode", "status", "says"), [
    ("422 of Prometheus", 422, "query is too long"),
    ("422 of a proxy", 422, ""),
    ("503", 503, ""),
])  # fmt: skip
def test_refusals(mode: str, status: int, says: str) -> None:
    reply = damage(mode).harm(WHOLE)
    assert reply.status == status
    assert (json.loads(reply.body)["error"] if reply.body.startswith(b"{") else "") == says


def test_who_is_harmed() -> None:
    tagged = f'label_replace((up), "{TAG}", "0/0", "", "")'
    assert (is_batch(tagged), is_batch("up")) == (True, False)
    assert (is_long("x" * LONGEST), is_long("x" * (LONGEST + 1))) == (False, True)
    assert {one.concerns for one in DAMAGES} == {is_batch, is_long}
    assert len({(one.mode, one.at) for one in DAMAGES}) == len(DAMAGES)
