"""Which method gives the bounds of a difference, by task and metric, and that they are those of its formulas."""

import random
from typing import Any

import pytest

from refit_trainer.commands.slices import measure_slices
from refit_trainer.comparison.difference import BOOTSTRAP, EXACT, Question, compare
from refit_trainer.comparison.pairs import Pairs, drop_p_value, lower_bound, upper_bound
from refit_trainer.data.rows import Row
from refit_trainer.tasks import Prediction, find_task

TEXTS = find_task("text-classification")
ALPHA = 1 - 0.95


def ask(task: str, metric: str, max_drop: float | None = None) -> Question:
    return Question(find_task(task), metric, 0.95, max_drop)


def said(values: list[Any]) -> list[Prediction]:
    return [Prediction(value, 0.9) for value in values]


def texts(rows: int, gained: int, lost: int) -> tuple[list[Row], tuple[list[Prediction], list[Prediction]]]:
    """Return rows of which each model alone has so many right; the candidate's are the first, the served one's next."""
    candidate = ["good"] * gained + ["bad"] * lost + ["good"] * (rows - gained - lost)
    served = ["bad"] * gained + ["good"] * (rows - gained)
    return [Row({"text": f"text {n}", "label": "good"}) for n in range(rows)], (said(candidate), said(served))


def test_right_and_wrong_rows_are_told_apart_exactly() -> None:
    rows, answers = texts(200, 21, 9)
    found = compare(ask("text-classification", "accuracy", 0.02), rows, answers)
    pairs = Pairs(21, 9, 200)
    assert (found.value, found.method, found.differing) == (0.06, EXACT, 30)
    assert (found.low, found.high) == (lower_bound(pairs, ALPHA), upper_bound(pairs, ALPHA))
    assert found.drop_p == drop_p_value(pairs, 0.02) == 1.0
    turned = compare(ask("text-classification", "accuracy", 0.02), rows, answers[::-1])
    assert (turned.value, turned.low) == (-0.06, -found.high) and turned.drop_p == drop_p_value(pairs.mirrored, 0.02)


@pytest.mark.parametrize("metric", ["macro_f1", "recall"])
def test_metrics_over_classes_are_drawn(metric: str) -> None:
    draw, rows = random.Random(1), [Row({"text": f"text {n}", "label": "ab"[n % 3 == 0]}) for n in range(120)]
    answers = tuple(
        said([row.values["label"] if draw.random() < sure else draw.choice("ab") for row in rows])
        for sure in (0.9, 0.2)
    )
    found = compare(ask("text-classification", metric), rows, answers)  # type: ignore[arg-type]
    values = [TEXTS.measure(rows, own)[metric] for own in answers]
    assert (found.method, found.differing) == (BOOTSTRAP, None)
    assert found.value == pytest.approx(values[0] - values[1]) and 0 < found.low < found.value < found.high


def test_word_errors_are_drawn_and_lower_is_better() -> None:
    rows = [Row({"audio": bytes([n]), "text": "one two three"}) for n in range(60)]
    heard = (said(["one two three"] * 50 + ["one two"] * 10), said(["one two three"] * 30 + ["one"] * 30))
    found = compare(ask("speech-recognition", "wer", 0.1), rows, heard)
    assert found.value == pytest.approx(10 / 180 - 60 / 180) and found.method == BOOTSTRAP
    assert found.low < found.value < found.high < 0 and found.drop_p == 1.0
    worse = compare(ask("speech-recognition", "wer", 0.1), rows, heard[::-1])
    assert worse.value == -found.value and worse.drop_p is not None and worse.drop_p < 0.01


def test_users_of_one_history_are_drawn_together() -> None:
    """Ten users of one history are no ten draws: the bounds are those of the histories, not of the rows."""

    def width(times: int) -> float:
        rows = [Row({"items": [str(n)], "next": "x"}) for n in range(40) for _ in range(times)]
        served = said([["y" if n % 4 == 0 else "x"] for n in range(40) for _ in range(times)])
        found = compare(ask("recommendation", "hit_at_10"), rows, (said([["x"]] * len(rows)), served))
        assert found.method == (BOOTSTRAP if times > 1 else EXACT)
        return found.high - found.low

    assert width(10) == pytest.approx(width(5), rel=0.01) and width(10) > 0.2


def test_objects_are_drawn_by_image() -> None:
    one = [{"label": "cat", "box": [1, 1, 8, 8], "score": 0.9}]
    rows = [Row({"image": bytes([n]), "objects": one}) for n in range(30)]
    answers = (said([one] * 30), said([one] * 15 + [[]] * 15))
    found = compare(ask("object-detection", "map_50"), rows, answers)
    assert found.method == BOOTSTRAP and found.value == pytest.approx(0.5, abs=0.01) and found.low > 0.2


def test_a_model_of_several_questions_is_drawn_by_row() -> None:
    rows = [Row({"text": f"text {n}", "label": {"mood": "good", "topic": "war"}}) for n in range(60)]
    right, wrong = {"mood": "good", "topic": "war"}, {"mood": "bad", "topic": "war"}
    answers = (said([right] * 60), said([right] * 40 + [wrong] * 20))
    found = compare(ask("text-classification", "accuracy"), rows, answers)
    assert found.method == BOOTSTRAP and found.value == pytest.approx(20 / 120) and found.low > 0.05


def test_bounds_are_rounded_outwards() -> None:
    rows, answers = texts(200, 21, 9)
    found = compare(ask("text-classification", "accuracy", 0.02), rows, answers)
    for part in (found.report(), found.report_slice()):
        assert part["low"] <= found.low < found.high <= part["high"]
        assert found.low - part["low"] < 1e-4 and part["high"] - found.high < 1e-4
    assert set(found.report()) == {"value", "low", "high", "confidence", "method", "differing"}
    assert found.report_slice()["p"] == 1.0


def test_the_slice_that_likeliest_dropped_comes_first() -> None:
    """By its number the small one lost more; that the large one did is certain."""
    rows, answers = texts(600, 0, 100)
    places = {"large": range(60, 560), "small": [*range(56, 60), *range(560, 586)], "tiny": [0, 1]}
    named = [Row({**rows[n].values, "slice": name, "text": f"{name} {n}"}) for name, own in places.items() for n in own]
    models = {
        model: [answers[side][n] for own in places.values() for n in own]
        for side, model in enumerate(("candidate", "served"))
    }
    found = measure_slices(ask("text-classification", "accuracy", 0.02), models, named)
    assert list(found) == ["large", "small", "tiny"]
    assert found["small"]["candidate"] < found["large"]["candidate"]
    assert found["large"]["difference"]["p"] < 0.001 < 0.05 < found["small"]["difference"]["p"]
    assert "difference" not in found["tiny"]
    alone = measure_slices(ask("text-classification", "accuracy", 0.02), {"candidate": models["candidate"]}, named)
    assert set(alone["large"]) == {"candidate", "rows"}
