"""To which side of the split a labelled row goes: by what it belongs together with, for good, in every pod.

By the group where one is given: a user, a thread, a patient, a speaker. A history by its first item, since it grows,
and every position of it is learnt; a conversation by its first message after the system's. Anything else by its input
and not its id: the same text comes again under other ids, and must never be both trained on and judged by; one in other
case, with other blanks or Unicode forms is the same.
"""

import hashlib
import unicodedata
from collections.abc import Mapping
from typing import Any

from refit_trainer.data.rows import encode_values

Side = str  # "train" or "holdout"


def choose_side(value: Any, holdout_share: float, group: str | None = None) -> Side:
    """Return the side of a row: the same for the same key, for as long as the share stays the same."""
    place = int.from_bytes(hashlib.sha256(_key(value, group)).digest()[:8]) / 2**64
    return "holdout" if place < holdout_share else "train"


def _key(value: Any, group: str | None) -> bytes:
    if group is not None:
        return f"group {group}".encode()
    if isinstance(value, list) and value:
        return f"first {_first(value)}".encode()
    if isinstance(value, str):
        return " ".join(unicodedata.normalize("NFKC", value).casefold().split()).encode()
    return encode_values(value)


def _first(history: list[Any]) -> Any:
    """Return a history's first item, or the text of a conversation's first message that isn't the system's."""
    messages = [one for one in history if isinstance(one, Mapping)]
    said = [one.get("content") for one in messages if one.get("role") != "system"]
    return said[0] if said else history[0]
