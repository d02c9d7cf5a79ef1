import pytest

from refit_operator.progress.rules.shares import gives_way

CASES = {
    "nobody holds any": ({}, ""),
    "one holds all": ({"a": 128}, "a"),
    "the one with most": ({"a": 3, "b": 5, "c": 4}, "b"),
    "each holds one": ({"a": 1, "b": 1}, ""),
    "one more than the newcomer": ({"a": 3, "new": 2}, ""),
    "two more than the newcomer": ({"a": 4, "new": 2}, "a"),
    "the newcomer holds most": ({"a": 3, "new": 9}, ""),
}


@pytest.mark.parametrize(("held", "expected"), CASES.values(), ids=CASES)
def test_a_newcomer_takes_a_connection_of_whoever_has_most(held: dict[str, int], expected: str) -> None:
    assert gives_way(held, "new") == expected
