"""Answers given once more: which reads, and what they said before."""

import time

from tests.faults.replay import Answer, Replay, kind_of_read

SPACE = "/apis/refit.dev/v1alpha1/namespaces/shop"


def said(text: str) -> Answer:
    return Answer(200, {}, text.encode())


def test_a_stale_read_says_what_was_said_last_before() -> None:
    replay = Replay()
    for text in ("first", "second"):
        replay.remember(f"{SPACE}/retrainruns?labelSelector=a", said(text))
    before = time.monotonic()
    replay.remember(f"{SPACE}/retrainruns?labelSelector=a", said("third"))
    replay.begin(frozenset({"list retrainruns"}), before)
    assert replay.answer(f"{SPACE}/retrainruns?labelSelector=a") == said("second")
    assert replay.answer(f"{SPACE}/retrainruns?labelSelector=b") is None
    assert replay.answer(f"{SPACE}/retrainruns/one") is None
    replay.end()
    assert replay.answer(f"{SPACE}/retrainruns?labelSelector=a") is None
    assert replay.given == 1


def test_reads_have_names() -> None:
    assert kind_of_read(f"{SPACE}/retrainruns?labelSelector=x/y") == "list retrainruns"
    assert kind_of_read(f"{SPACE}/retrainruns/one") == "get retrainruns"
    assert kind_of_read("/apis/batch/v1") == ""
