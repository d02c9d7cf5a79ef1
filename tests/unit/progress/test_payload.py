"""What a report may say, and what of it is kept."""

from datetime import timedelta

import pytest

from refit_operator.api.progress import RunProgress
from refit_operator.progress.rules.payload import KEPT_METRICS, LONGEST, parse_report
from tests.hostile.reports import BODIES, body, metrics
from tests.support.samples import NOW


def test_what_the_hugging_face_callback_posts() -> None:
    said = body(
        lastUpdatedTime="2001-01-01T00:00:00Z",
        progressPercentage=41,
        estimatedRemainingSeconds=7,
        metrics=metrics(("loss", "3.89"), ("epoch", "0.41")),
    )
    want = RunProgress(
        percentage=41,
        estimated_remaining=timedelta(seconds=7),
        metrics={"loss": "3.89", "epoch": "0.41"},
        pod="pod-1",
        time=NOW,
    )
    assert parse_report(said, "pod-1", NOW) == want
    assert want.to_json()["estimatedRemaining"] == "7s"


BOUNDED: dict[str, tuple[bytes, RunProgress]] = {
    "nothing": (body(), RunProgress(pod="pod-1", time=NOW)),
    "an estimate of ages": (
        body(estimatedRemainingSeconds=1e300),
        RunProgress(estimated_remaining=LONGEST, pod="pod-1", time=NOW),
    ),
    "words for a number": (
        body(metrics=metrics(("loss", "x"), ("b", "2"))),
        RunProgress(metrics={"b": "2"}, pod="pod-1", time=NOW),
    ),
    "not a number": (
        body(metrics=metrics(("loss", "nan"), ("b", 1.5))),
        RunProgress(metrics={"b": "1.5"}, pod="pod-1", time=NOW),
    ),
    "a long number": (
        body(metrics=metrics(("loss", "0." + "1" * 999))),
        RunProgress(metrics={"loss": "0.111111"}, pod="pod-1", time=NOW),
    ),
    "a name without end": (body(metrics=metrics(("x" * 64, "1"))), RunProgress(pod="pod-1", time=NOW)),
    "no name": (body(metrics=metrics(("", "1"))), RunProgress(pod="pod-1", time=NOW)),
    "no metrics": (body(metrics=None, progressPercentage=0), RunProgress(percentage=0, pod="pod-1", time=NOW)),
}


@pytest.mark.parametrize(("said", "want"), BOUNDED.values(), ids=BOUNDED)
def test_what_is_kept(said: bytes, want: RunProgress) -> None:
    assert parse_report(said, "pod-1", NOW) == want


def test_no_more_metrics_than_a_status_should_hold() -> None:
    kept = parse_report(body(metrics=metrics(*((f"m{i}", "1") for i in range(100)))), "pod-1", NOW)
    assert kept is not None
    assert len(kept.metrics) == KEPT_METRICS


@pytest.mark.parametrize("said", BODIES.values(), ids=BODIES)
def test_what_is_refused(said: bytes) -> None:
    assert parse_report(said, "pod-1", NOW) is None


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (RunProgress(pod="pod-1", time=NOW), ""),
        (RunProgress(percentage=41, pod="pod-1", time=NOW), "41 %"),
        (
            RunProgress(percentage=0, estimated_remaining=timedelta(seconds=90), pod="pod-1", time=NOW),
            "0 %, about 1m30s left",
        ),
        (RunProgress(percentage=100, estimated_remaining=timedelta(0), pod="pod-1", time=NOW), "100 %"),
    ],
)
def test_progress_in_words(progress: RunProgress, words: str) -> None:
    assert progress.describe() == words


@pytest.mark.parametrize("name", ["token=hunter2", "https://bob:hunter2@hub", "Bearer hunter2-hunter2"])
def test_a_name_with_a_credential_in_it_is_kept_without_the_credential(name: str) -> None:
    kept = parse_report(body(metrics=metrics((name, "1"))), "pod-1", NOW)
    assert kept is not None
    assert list(kept.metrics.values()) == ["1"]
    assert "hunter2" not in str(kept.metrics)
