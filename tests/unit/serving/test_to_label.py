"""Which answers are handed out to be labelled: the most uncertain and the most foreign, each once."""

import pytest

from refit_serving import to_label
from refit_serving.memory import RememberedPrediction
from refit_serving.to_label import FOREIGN, UNCERTAIN, ToLabel


def offer(to: ToLabel, text: str, score: float, strangeness: float = 0.0, key: str = "") -> None:
    known = RememberedPrediction(text, "positive")
    if to.wants(known.input, score, strangeness):
        to.offer(key or text, score, strangeness, known)


def take(to: ToLabel, count: int = 100, max_bytes: int = 1 << 20) -> list[tuple[str, str]]:
    return [(why, one.id) for why, one in to.hand_out(count, max_bytes)]


def test_the_most_uncertain_and_the_most_foreign_take_turns() -> None:
    to = ToLabel()
    offer(to, "sure", 0.99, 1.0)
    offer(to, "unsure", 0.5, 1.1)
    offer(to, "foreign", 0.98, 7.0)
    offer(to, "a little unsure", 0.7, 0.9)
    assert take(to, 3) == [(UNCERTAIN, "unsure"), (FOREIGN, "foreign"), (UNCERTAIN, "a little unsure")]


def test_without_a_sketch_the_uncertain_ones_are_handed_out() -> None:
    to = ToLabel()
    offer(to, "sure", 0.99)
    offer(to, "unsure", 0.5)
    assert take(to) == [(UNCERTAIN, "unsure"), (UNCERTAIN, "sure")]


def test_an_input_is_handed_out_once_under_whatever_id() -> None:
    to = ToLabel()
    offer(to, "a film", 0.5, 3.0, "one")
    offer(to, "a film", 0.5, 3.0, "two")
    assert take(to) == [(UNCERTAIN, "one")]
    offer(to, "a film", 0.5, 3.0, "three")
    assert take(to) == []


def test_what_has_a_label_is_not_handed_out() -> None:
    to = ToLabel()
    offer(to, "a film", 0.5, 3.0)
    to.discard(RememberedPrediction("a film", "positive").input)
    assert take(to) == []


def test_the_least_makes_room() -> None:
    to = ToLabel(rows=3)
    for place, score in enumerate((0.6, 0.9, 0.5, 0.8, 0.7)):
        offer(to, f"{place}", score)
    assert [key for _, key in take(to)] == ["2", "0", "4"]


def test_large_rows_make_room_by_their_bytes() -> None:
    to = ToLabel(max_bytes=10_000)
    for score in (0.5, 0.6, 0.7):
        offer(to, f"{score}" + "x" * 2000, score)
    assert len(take(to)) == 2
    offer(to, "x" * 20_000, 0.1)
    assert take(to) == []


def test_an_answer_of_many_bytes_is_cut_short() -> None:
    to = ToLabel()
    for number in range(5):
        offer(to, f"{number}" + "x" * 1000, 0.5 + number / 100)
    assert len(take(to, max_bytes=4000)) == 2 and len(take(to)) == 3


def test_nothing_is_kept_where_no_row_may_be() -> None:
    to = ToLabel(rows=0)
    offer(to, "a film", 0.5, 3.0)
    assert take(to) == []


def test_the_inputs_that_were_handed_out_are_forgotten_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(to_label, "HANDED_OUT", 2)
    to = ToLabel()
    for text in ("a", "b", "c"):
        offer(to, text, 0.5)
        assert take(to) == [(UNCERTAIN, text)]
    offer(to, "c", 0.5)
    assert take(to) == []
    offer(to, "a", 0.5)
    assert take(to) == [(UNCERTAIN, "a")]
