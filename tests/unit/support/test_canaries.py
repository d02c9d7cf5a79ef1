"""The search for canaries finds them however they were written down."""

import json
from base64 import b64encode

import pytest

from tests.support.cluster.canaries import find, make_canaries

CANARIES = make_canaries("one", "other")
WORD = CANARIES["one"]
PLACES = {
    "as it is": f"password={WORD}.",
    "in JSON": json.dumps({"error": f'"{WORD}"'}),
    "in base64": b64encode(WORD.encode()).decode(),
    **{
        f"in base64, after {user!r}": f"Basic {b64encode(f'{user}:{WORD}'.encode()).decode()}"
        for user in ("", "a", "ab", "bob")
    },
    "in base64, before more": b64encode(f"{WORD}:bob".encode()).decode(),
}


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_a_canary_is_found(text: str) -> None:
    assert find(text, CANARIES) == ["one"]


def test_nothing_is_found_where_nothing_is() -> None:
    assert find(f"{WORD[:-1]} canary", CANARIES) == []
