"""The catalogue of hostile vectors: large enough, each once, and the page says what is in it."""

from collections import Counter

import pytest

from tests.hostile.catalogue import FAMILIES, of
from tests.hostile.page import PAGE, count, render
from tests.hostile.played import Played, play_function
from tests.hostile.vectors import Entry, Family, Request, Vector

ALLOWED = [vector for family in of(Entry.FUNCTION) for vector in family.allowed]
PURE = [(family, vector) for family in of(Entry.FUNCTION) for vector in family.vectors]


def test_there_are_more_than_two_hundred_beside_the_functions() -> None:
    assert count() - len(PURE) > 200


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_each_is_named_once_and_sent_once(family: Family) -> None:
    names = Counter(vector.name for vector in family.vectors)
    assert [name for name, number in names.items() if number > 1] == []
    sent = Counter(repr(vector.sends) for vector in family.vectors if not callable(vector.sends))
    assert [text for text, number in sent.items() if number > 1] == []


def test_no_two_families_send_the_same_request() -> None:
    sent = Counter(repr(v.sends) for family in FAMILIES for v in family.vectors if isinstance(v.sends, Request))
    assert [text for text, number in sent.items() if number > 1] == []


@pytest.mark.parametrize(("family", "vector"), PURE, ids=[vector.name for _, vector in PURE])
def test_a_function_refuses(family: Family, vector: Vector) -> None:
    played = Played(family, vector, *play_function(vector))
    assert played.is_told, played.line


@pytest.mark.parametrize("vector", ALLOWED, ids=lambda vector: vector.name)
def test_a_function_lets_the_allowed_through(vector: Vector) -> None:
    assert play_function(vector) == ("", True)


def test_the_page_says_what_is_played() -> None:
    page = PAGE.read_text()
    assert render(page) == page, "run python -m tests.hostile.page"
