"""Which check objects, and for which Reason: a check that objects has its Reason's name in snake case."""

from collections.abc import Callable, Sequence
from typing import Any

from refit_operator.api.reasons import Reason

Checks = Sequence[Callable[[Any], Any]]


def reason_of(name: str) -> Reason | None:
    """Return the Reason that has this name in snake case, None where there is none."""
    value = "".join(word.capitalize() for word in name.split("_"))
    return next((reason for reason in Reason if reason == value), None)


def first_answer(checks: Checks, situation: object) -> str:
    """Return the name of the first check that answers."""
    return next(check.__name__ for check in checks if check(situation))
