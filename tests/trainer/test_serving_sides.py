"""What belongs together stays on one side of the split."""

import random
from pathlib import Path

import pytest

from refit_serving.sides import choose_side
from tests.support.trainer.commands import read_rows
from tests.support.trainer.server import Serve, pointer

SAME = ("A film,  for you", "a film, for you ", "A FILM,\nfor you", "\uff21 film, for you", "a film, for\u00a0you")


def sides(values: list[object], group: str | None = None) -> set[str]:
    return {choose_side(value, 0.5, group) for value in values}


def test_rows_are_shared_out_by_id_for_good() -> None:
    found = [choose_side(f"id-{n}", 0.2) for n in range(10_000)]
    assert 0.18 < found.count("holdout") / len(found) < 0.22
    assert found == [choose_side(f"id-{n}", 0.2) for n in range(10_000)]
    assert {choose_side("a", 0), choose_side("b", 0)} == {"train"} and choose_side("a", 1) == "holdout"


@pytest.mark.parametrize("number", range(8))
def test_a_text_in_other_case_blanks_and_forms_is_the_same(number: int) -> None:
    assert len(sides([f"{text} {number}" for text in SAME])) == 1


@pytest.mark.parametrize("number", range(8))
def test_a_history_stays_on_its_side_as_it_grows(number: int) -> None:
    assert len(sides([[f"item {number}", *map(str, range(length))] for length in range(20)])) == 1
    assert len({choose_side([n, 1], 0.5) for n in range(20)}) == 2


def test_a_group_stays_on_one_side_whatever_is_in_it() -> None:
    for number in range(8):
        assert len(sides([f"text {n}" for n in range(20)], f"user {number}")) == 1
    assert len({choose_side("hello", 0.5, f"user {n}") for n in range(20)}) == 2


def test_growing_histories_of_chance_stand_in_no_training_row() -> None:
    draw = random.Random(0)
    histories = [[str(draw.randrange(10_000)) for _ in range(20)] for _ in range(200)]
    rows = [(history[:length], history[length]) for history in histories for length in range(3, 20)]
    taught = {
        (tuple(seen[:n]), ([*seen, after])[n])
        for seen, after in rows
        if choose_side(seen, 0.2) == "train"
        for n in range(1, len(seen) + 1)
    }
    judged = [(tuple(seen), after) for seen, after in rows if choose_side(seen, 0.2) == "holdout"]
    assert len(judged) > 300 and not taught.intersection(judged)


def test_stored_rows_carry_their_group(serve: Serve, published: Path) -> None:
    server = serve(MODEL_URI=pointer(published), HOLDOUT_SHARE="0").wait()
    server.post("/v1/predict", id="a", text="a film", group="user 1")
    server.post("/v1/feedback", id="a", label="positive")
    server.post("/v1/predict", id="b", text="a film")
    server.post("/v1/feedback", id="b", label="positive", group="user 2")
    server.post("/v1/predict", id="c", text="a film")
    server.post("/v1/feedback", id="c", label="positive")
    rows = read_rows(server.folder / "train" / "pod-1.jsonl")
    assert [row.get("group") for row in rows] == ["user 1", "user 2", None]


def test_a_conversation_stays_on_the_side_of_its_first_message() -> None:
    """The system's message is the same for everybody."""
    system = {"role": "system", "content": "Be brief."}

    def ask(number: int) -> dict[str, str]:
        return {"role": "user", "content": f"question {number}"}

    assert len({choose_side([system, ask(n)], 0.5) for n in range(20)}) == 2
    answered = [system, ask(1), {"role": "assistant", "content": "yes"}, ask(2)]
    assert choose_side(answered, 0.5) == choose_side(answered[:2], 0.5) == choose_side([ask(1)], 0.5)
