"""Which namespaces an operator serves, what a list may not say, and that two operators can share all of them."""

import itertools
import re

import pytest

from refit_operator.api.selection import EVERYWHERE, MOST_ENTRIES, parse_selection

NAMESPACES = ("team-a", "team-b", "prod-eu", "prod-us", "prod", "a", "kube-system", "x-prod-eu")
SELECTED: dict[str, set[str]] = {
    "": set(NAMESPACES),
    "*": set(NAMESPACES),
    "team-a": {"team-a"},
    "team-a,prod-*": {"team-a", "prod-eu", "prod-us"},
    " team-a , prod-* ": {"team-a", "prod-eu", "prod-us"},
    "prod-*,!prod-eu": {"prod-us"},
    "prod-*,!prod-*s,prod-us": {"prod-eu", "prod-us"},
    "*,!*prod*,prod": {"team-a", "team-b", "a", "kube-system", "prod"},
    "!kube-*": set(NAMESPACES) - {"kube-system"},
    "!kube-*,!team-*,team-b": set(NAMESPACES) - {"kube-system", "team-a"},
    "*-eu": {"prod-eu", "x-prod-eu"},
    "p*-*u*": {"prod-eu", "prod-us"},
    "elsewhere": set(),
}


@pytest.mark.parametrize(("text", "want"), SELECTED.items(), ids=SELECTED.keys())
def test_the_last_entry_that_matches_decides(text: str, want: set[str]) -> None:
    selection = parse_selection(text)
    assert {namespace for namespace in NAMESPACES if namespace in selection} == want


def test_without_a_list_all_are_served() -> None:
    assert parse_selection("") == EVERYWHERE


def turned(text: str) -> str:
    """Return the list with each exception as none, and the others as exceptions."""
    return ",".join(word.removeprefix("!") if word.startswith("!") else f"!{word}" for word in text.split(","))


ENTRIES = ("team-a", "!team-a", "prod-*", "!prod-*", "*-eu", "!*-eu", "a", "!kube-*")


def test_a_list_turned_round_selects_exactly_the_rest() -> None:
    tried = 0
    for words in itertools.chain.from_iterable(itertools.permutations(ENTRIES, count) for count in (1, 2, 3)):
        try:
            one = parse_selection(",".join(words))
        except ValueError:
            continue
        other, tried = parse_selection(turned(",".join(words))), tried + 1
        assert all((namespace in one) != (namespace in other) for namespace in NAMESPACES), words
    assert tried > 200


WRONG = {
    "team_a": "REFIT_NAMESPACES, entry 1 of 1, 'team_a': no namespace has such a name: use lower-case letters, digits",
    "team-a,Prod": "entry 2 of 2, 'Prod': no namespace has such a name",
    "team-a b": "'team-a b': no namespace has such a name",
    "-a": "'-a': no namespace has such a name",
    "a-": "'a-': no namespace has such a name",
    "[ab]": "'[ab]': no namespace has such a name",
    "a?": "'a?': no namespace has such a name",
    "!!a": "'!!a': no namespace has such a name",
    "! a": "'! a': no namespace has such a name",
    "team-a,,b": "entry 2 of 3, '': there is nothing: write a namespace's name, or leave a comma out",
    "team-a,": "entry 2 of 2, '': there is nothing",
    " ": "entry 1 of 1, '': there is nothing",
    "!": "entry 1 of 1, '!': there is nothing",
    "a" * 64: "64 characters, and a name has 63 at most: shorten it",
    "!team-a,*": "entry 1 of 2, '!team-a': never decides, since '*' after it matches all that it does: put it",
    "prod-eu,!prod-*": "'prod-eu': never decides, since '!prod-*' after it",
    "prod-*,a,prod-*": "'prod-*': never decides, since 'prod-*' after it",
    "prod-*-a,!prod-*": "'prod-*-a': never decides, since '!prod-*' after it",
    ",".join(f"n{number}" for number in range(MOST_ENTRIES + 1)): "has 257 entries, and may have 256: use patterns",
}


@pytest.mark.parametrize(("text", "want"), WRONG.items(), ids=[repr(text[:20]) for text in WRONG])
def test_what_cant_be_meant_is_refused_with_the_entry_and_what_to_do(text: str, want: str) -> None:
    with pytest.raises(ValueError, match=re.escape(want)):
        parse_selection(text)


@pytest.mark.parametrize(
    "text", ["a" * 63, "a*" * 63, "prod-*,!prod-eu", ",".join(f"n{number}" for number in range(MOST_ENTRIES))]
)
def test_what_can_be_meant_is_taken(text: str) -> None:
    parse_selection(text)
