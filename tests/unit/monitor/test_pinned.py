"""The initial model is pinned at first sight: by the digest that the first judge reported, in every run after it."""

from typing import Any

import pytest

from refit_operator.api.run import RetrainRun
from refit_operator.api.uris import Pointer
from refit_operator.monitor.rules.decide import decide
from refit_operator.monitor.rules.decision import StartRun
from refit_operator.monitor.rules.pinned import pin
from tests.support.monitors import finished, seen
from tests.support.samples import NEW_DIGEST, OLD_DIGEST, make_run

MODEL = "pvc://models/reviews-v1"


def judged(ordinal: int, digest: str | None, served: str = MODEL) -> RetrainRun:
    result: dict[str, Any] = {"served": {"digest": digest}} if digest else {}
    return make_run(ordinal, status={"result": result}, servedCheckpoint=served)


RUNS: dict[str, tuple[list[RetrainRun], str]] = {
    "no run yet": ([], ""),
    "none that was judged": ([judged(1, None)], ""),
    "the first judge's word": ([judged(1, None), judged(2, OLD_DIGEST)], OLD_DIGEST),
    "not what was seen later": ([judged(1, OLD_DIGEST), judged(2, NEW_DIGEST)], OLD_DIGEST),
    "what a run carries when those before it are gone": ([judged(7, NEW_DIGEST, f"{MODEL}@{OLD_DIGEST}")], OLD_DIGEST),
    "another model's": ([judged(1, OLD_DIGEST, "pvc://models/other")], ""),
}


@pytest.mark.parametrize("name", RUNS)
def test_pin(name: str) -> None:
    runs, digest = RUNS[name]
    assert pin(MODEL, runs) == Pointer(MODEL, digest)


def test_the_next_run_carries_the_digest() -> None:
    before = finished(24 * 60, status={"result": {"served": {"digest": OLD_DIGEST}}})
    decision = decide(seen(runs=(before,)))
    assert isinstance(decision, StartRun)
    spec = decision.body["spec"]
    assert spec["servedCheckpoint"] == spec["startingCheckpoint"] == f"{MODEL}@{OLD_DIGEST}"
