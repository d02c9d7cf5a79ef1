"""Whatever a server of Prometheus' family says of an answer that isn't whole is heeded."""

from typing import Any

import pytest

from refit_operator.prometheus.errors import explain
from refit_operator.prometheus.rules.reading import FailureKind
from refit_operator.prometheus.rules.wholeness import Failed, NotWhole, check_whole

OK = {"status": "success", "data": {"resultType": "matrix", "result": []}}
THANOS = "fetch series: store 10.0.0.7:10901: connection refused"

WHOLE: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "Prometheus": ({}, {}),
    "the query's own": (
        {"warnings": ["PromQL warning: x"], "infos": ["PromQL info: metric might not be a counter"]},
        {},
    ),
    "nothing to warn of": ({"warnings": [], "infos": None}, {}),
    "VictoriaMetrics": ({"isPartial": False, "stats": {"seriesFetched": "2"}}, {}),
    "a header that denies it": ({}, {"X-Partial-Response": "false"}),
}

PARTS: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "Thanos": ({"warnings": [THANOS]}, {}, THANOS),
    "Thanos, beside the query's own": ({"warnings": ["PromQL warning: x", THANOS]}, {}, THANOS),
    "Prometheus' remote read": ({"warnings": ["remote_read: server returned HTTP 503"]}, {}, "remote_read"),
    "an info that isn't the query's": ({"infos": ["results truncated"]}, {}, "results truncated"),
    "VictoriaMetrics": ({"isPartial": True}, {}, "isPartial True"),
    "in the data": ({"data": {"result": [], "partialResult": "yes"}}, {}, "partialResult yes"),
    "a warning that is no list": ({"warnings": "store is gone"}, {}, "store is gone"),
    "a warning that is no text": ({"warnings": [{"store": "gone"}]}, {}, "store"),
    "a header": ({}, {"X-Partial-Response": "true"}, "X-Partial-Response: true"),
    "M3": ({}, {"M3-Results-Limited": "max_fetch_series_limit_applied"}, "M3-Results-Limited"),
    "a cache": ({}, {"Warning": '110 - "Response is Stale"'}, "Stale"),
}

FAILED: dict[str, tuple[dict[str, Any], str]] = {
    "an error": ({"status": "error", "error": "out of memory"}, "out of memory"),
    "an error beside a success": ({"error": "out of memory"}, "out of memory"),
    "only its type": ({"errorType": "timeout"}, "timeout"),
    "another status": ({"status": "partial"}, "status partial"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_answer(name: str) -> None:
    more, headers = WHOLE[name]
    check_whole(OK | more, headers)


@pytest.mark.parametrize("name", PARTS)
def test_an_answer_from_a_part_of_the_data(name: str) -> None:
    more, headers, words = PARTS[name]
    with pytest.raises(NotWhole) as found:
        check_whole(OK | more, headers)
    kind, sentence = explain(found.value, ())
    assert (kind, words in sentence) == (FailureKind.Partial, True)


@pytest.mark.parametrize("name", FAILED)
def test_an_answer_that_failed(name: str) -> None:
    more, words = FAILED[name]
    with pytest.raises(Failed) as found:
        check_whole(OK | more, {})
    kind, sentence = explain(found.value, ())
    assert (kind, words in sentence) == (FailureKind.ServerError, True)


def test_no_warning_shows_a_secret_or_goes_on_for_long() -> None:
    with pytest.raises(NotWhole) as found:
        check_whole(OK | {"warnings": ["token s3cr3t " * 1000] * 100}, {})
    _, sentence = explain(found.value, ["s3cr3t"])
    assert ("s3cr3t" in sentence, len(sentence) < 400) == (False, True)


def test_a_servers_words_are_quoted_as_one_short_printable_line() -> None:
    _, sentence = explain(NotWhole("a\nb\x1b[31m\u202e\ud800 " + "c" * 999), ())
    assert sentence.startswith("its answer is computed from a part of the data, it says: a b [31m ccc")
    assert sentence.isprintable()
    assert len(sentence) < 400
