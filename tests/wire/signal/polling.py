"""Wait for what is awaited, not for a time."""

from collections.abc import Callable
from threading import Event
from time import monotonic


def wait_until(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    """Look twenty times a second until it is so; fail after that many seconds."""
    end = monotonic() + seconds
    while not is_so():
        if monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        Event().wait(0.05)
