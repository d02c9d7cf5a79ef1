"""While drift is suspected more answers are kept to be labelled, and more are handed out by default."""

from types import SimpleNamespace
from typing import Any

import pytest

from refit_serving.memory import RememberedPrediction
from refit_serving.metrics import Metrics
from refit_serving.to_label import ToLabel, rows_for_labelling
from refit_serving.watch import Watch
from refit_trainer.sketch.document import WINDOW, Calibration, Sketch
from refit_trainer.tasks import Prediction

SKETCH = Sketch(
    digest="sha256:" + "a" * 64,
    rows=300,
    mean=(0.0, 0.0),
    axes=((1.0, 0.0), (0.0, 1.0)),
    limit=0.5,
    calibration=Calibration(confidence=(0.5, 1.0), accuracy=(0.4, 0.9)),
)


def offer(to: ToLabel, text: str, score: float) -> None:
    known = RememberedPrediction(text, "positive")
    if to.wants(known.input, score, 0.0):
        to.offer(text, score, 0.0, known)


def take(to: ToLabel, count: int = 100) -> list[str]:
    return [one.id for _, one in to.hand_out(count, 1 << 20)]


@pytest.mark.parametrize(("drift", "rows"), [(None, 20), (0.0, 20), (1.0, 20), (1.01, 100), (40.0, 100)])
def test_five_times_as_many_above_the_limit_alone(drift: float | None, rows: int) -> None:
    assert rows_for_labelling(20, drift) == rows


def test_more_are_kept_while_drift_is_suspected() -> None:
    to = ToLabel(rows=2)
    for number, score in enumerate((0.5, 0.51)):
        offer(to, f"usual {number}", score)
    offer(to, "left out", 0.9)
    to.follow(1.5)
    for number in range(20):
        offer(to, f"foreign {number}", 0.6 + number / 100)
    assert take(to) == ["usual 0", "usual 1", *(f"foreign {number}" for number in range(8))]


def test_what_the_drift_left_stays_until_a_better_one_takes_its_place() -> None:
    to = ToLabel(rows=2)
    to.follow(1.5)
    for number in range(4):
        offer(to, f"{number}", 0.6 + number / 100)
    to.follow(0.9)
    offer(to, "worse", 0.99)
    offer(to, "better", 0.5)
    assert take(to) == ["better", "0", "1", "2"]


def test_where_none_may_be_kept_drift_makes_no_room() -> None:
    to = ToLabel(rows=0)
    to.follow(9.0)
    offer(to, "a film", 0.5)
    assert take(to) == []


def test_inputs_that_share_an_id_and_a_worth_are_told_apart() -> None:
    to = ToLabel()
    for text in ("a", "b", "c"):
        to.offer("one", 0.5, 2.0, RememberedPrediction(text, "positive"))
    to.discard(RememberedPrediction("b", "positive").input)
    assert [one.known.value for _, one in to.hand_out(9, 1 << 20)] == ["c", "a"]


def make_watch() -> Watch:
    task: Any = SimpleNamespace(answers=lambda value, labels: [value], truth="label")
    return Watch(task, ("positive", "negative"), SKETCH, Metrics())


def test_drift_is_of_the_last_answers_and_of_so_many() -> None:
    watch = make_watch()
    for _ in range(WINDOW - 1):
        watch.follow(Prediction("positive", 0.9, place=(1.0, 0.0)))
    assert watch.drift is None and watch.estimated_accuracy is None
    watch.follow(Prediction("positive", 0.9, place=(1.0, 0.0)))
    assert watch.drift == pytest.approx(2) and watch.estimated_accuracy == pytest.approx(0.8)
    for _ in range(WINDOW // 2):
        watch.follow(Prediction("positive", 0.5, place=(0.0, 0.0)))
    assert watch.drift == pytest.approx(0.5) and watch.estimated_accuracy == pytest.approx(0.6)


def test_a_place_that_is_no_number_is_not_followed() -> None:
    watch = make_watch()
    for _ in range(WINDOW):
        assert watch.follow(Prediction("positive", 0.9, place=(float("nan"), 0.0))) == 0
    assert watch.drift is None
