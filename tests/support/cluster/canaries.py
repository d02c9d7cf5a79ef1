"""Secrets that no one else could have written: whether any of them is somewhere, as it is or in base64."""

import secrets
from base64 import b64encode
from collections.abc import Mapping


def make_canaries(*names: str) -> dict[str, str]:
    """Return a word for each name, at random."""
    return {name: f"canary{secrets.token_hex(16)}" for name in names}


def forms(word: str) -> set[str]:
    """Return the word, and what of it stays the same in base64 wherever in a longer text it stands."""
    found = {word}
    for before in range(3):
        encoded = b64encode(b"x" * before + word.encode()).decode().rstrip("=")
        found.add(encoded[4 if before else 0 : len(encoded) - 2])
    return found


def find(text: str, canaries: Mapping[str, str]) -> list[str]:
    """Return the names of those that are in the text."""
    return [name for name, word in canaries.items() if any(form in text for form in forms(word))]
