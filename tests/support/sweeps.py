"""A sweeper for tests in which no monitor is at rest."""

from typing import Any

from refit_operator.sweep.sweeper import Sweeper


def no_sweep() -> Sweeper:
    """Return a sweeper that reads nothing: it has neither a server nor a clock."""
    nothing: Any = None
    return Sweeper(nothing, nothing, nothing)
