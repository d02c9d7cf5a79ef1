"""Feedback with labels that the model does not know: stored where they may be new, believed from enough inputs on."""

from pathlib import Path
from typing import Any

import pytest

from refit_serving.new_labels import MOST_FOLLOWED, NewLabels
from refit_serving.refusals import InvalidRequest
from refit_trainer.tasks import find_task
from tests.support.trainer.server import Serve, Server, pointer

EXTEND = {"NEW_LABELS": "Extend", "MIN_ROWS_PER_NEW_LABEL": "3"}


def tell(server: Server, text: str, label: str) -> Any:
    answer = server.post("/v1/predict", text=text)
    return server.post("/v1/feedback", id=answer["id"], label=label, receipt=answer["receipt"])


def test_a_new_label_is_stored_and_counts_once_enough_inputs_have_it(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published), **EXTEND).wait()
    found = [tell(server, f"rain at {n} o'clock", "weather") for n in (1, 2, 2, 3, 4)]
    assert [one["judged"] for one in found] == [False, False, False, True, True]
    assert all(one["stored"] and not one["duplicate"] for one in found)
    assert server.counts() == (5, 2, 0)
    assert [row["label"] for row in server.rows()] == ["weather"] * 5
    known = tell(server, "a film", "positive")
    assert known["judged"] and server.counts()[1] == 3


def test_by_default_it_is_refused(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published)).wait()
    server.post("/v1/predict", id="a", text="a film")
    assert server.refused("/v1/feedback", id="a", label="weather") == (
        422,
        "unknown label 'weather'; the model knows negative, positive",
    )
    assert not server.rows()


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("Positive", "'Positive' differs from 'positive' in case, blanks or Unicode form alone"),
        (" weather", "label is ' weather', a name with blanks around it"),
        (1.5, "label is 1.5, not a name"),
        ({"mood": "good"}, "not a name"),
        ("w" * 101, "has 101 characters, more than 100"),
    ],
)
def test_what_can_be_no_new_label_is_refused(label: Any, words: str) -> None:
    labels = NewLabels(find_task("text-classification"), lambda: ("negative", "positive"), extends=True, least=3)
    with pytest.raises(InvalidRequest, match=words):
        labels.check(label)


def test_the_answers_to_questions_are_believed_one_by_one() -> None:
    labels = NewLabels(find_task("text-classification"), lambda: ("mood=good", "mood=bad"), extends=True, least=2)
    truth = {"mood": "so so"}
    labels.check(truth)
    assert labels.is_believed({"mood": "good"}) and not labels.is_believed(truth)
    for input in ("a", "a"):
        labels.note(truth, input)
    assert not labels.is_believed(truth)
    labels.note(truth, "b")
    assert labels.is_believed(truth)


def test_a_crowd_of_invented_labels_displaces_no_frequent_one() -> None:
    labels = NewLabels(find_task("text-classification"), lambda: ("a", "b"), extends=True, least=3)
    for input in "xyz":
        labels.note("weather", input)
    for n in range(5 * MOST_FOLLOWED):
        labels.note(f"invented {n}", "x")
    assert labels.is_believed("weather") and not labels.is_believed("invented 7")
    assert len(labels._inputs) == MOST_FOLLOWED


def test_other_tasks_go_on_as_they_did() -> None:
    labels = NewLabels(find_task("recommendation"), lambda: ("one", "two"), extends=True, least=3)
    assert labels.is_believed("unheard")


def test_a_label_that_another_model_has_learnt_is_known_from_its_switch_on_and_unknown_after_the_way_back() -> None:
    known = ["negative", "positive"]
    labels = NewLabels(find_task("text-classification"), lambda: known, extends=True, least=3)
    labels.note("weather", "a")
    assert not labels.is_believed("weather")
    known.append("weather")
    assert labels.is_believed("weather")
    with pytest.raises(InvalidRequest, match="'Weather' differs from 'weather'"):
        labels.check("Weather")
    known.remove("weather")
    assert not labels.is_believed("weather")
