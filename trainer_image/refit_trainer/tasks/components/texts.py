"""Texts as inputs: what all tasks on texts share."""

from typing import Any

EXAMPLE = "The first call is the slow one."
"""A sentence to try a model with."""


def check_text(value: Any, role: str = "text") -> str | None:
    """Return what is wrong with a text."""
    if not isinstance(value, str):
        return f"{role} is {value!r}, not a string"
    return None if value.strip() else f"{role} is empty"
