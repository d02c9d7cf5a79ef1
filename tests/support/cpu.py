"""CPU that a call takes, for tests that compare one with another: no test states a time."""

from collections.abc import Callable
from time import process_time

TRIES = 5


def least_cpu(call: Callable[[int], object]) -> float:
    """Return the least seconds of CPU of several calls; each is given its number, so that no two need be alike."""
    took = []
    for number in range(TRIES):
        began = process_time()
        call(number)
        took.append(process_time() - began)
    return min(took)
