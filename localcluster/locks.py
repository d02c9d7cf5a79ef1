"""One at a time: two commands started together must not build the same image or start the same node."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from localcluster.paths import Layout
from localcluster.progress import say


@contextmanager
def exclusive(layout: Layout, what: str) -> Iterator[None]:
    """Hold the lock named `what`; the system gives it back even when we are killed."""
    layout.root.mkdir(parents=True, exist_ok=True)
    with (layout.root / f"{what}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another command that works on the {what}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
