"""Runs a function in forked children, and kills each a little later than the one before: at its k-th write or line.

A write is what Python's audit events tell of the file system; a line is one of the files under test. So a child dies
between any two writes, and within one that takes several lines. It dies by SIGKILL: nothing is tidied up and nothing
that is still in a buffer reaches the disk.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

WRITES = {f"os.{name}" for name in ("rename", "mkdir", "remove", "rmdir", "chmod", "link", "symlink", "truncate")}
WATCHED = {"checkpoint.py", "manifest.py", "files.py", "uris.py", "retention.py", "training_state.py", "train.py"}
Arm = Callable[[int], None]
LIMIT = 3000  # points; more means that it never ends


def killed_everywhere(action: Callable[[], None], prepare: Callable[[], None], arm: Arm | None = None) -> Iterator[int]:
    """Yield after each death, once for each point; ends when the action survived. Call `prepare` before each child.

    `arm` says what a point is, when it isn't a write or a line.
    """
    for point in range(1, LIMIT):
        prepare()
        if survives(action, point, arm or at_writes_and_lines):
            return
        yield point
    raise AssertionError(f"no end after {LIMIT} points")


def survives(action: Callable[[], None], point: int, arm: Arm) -> bool:
    """Run an action in a child that is killed at a point; tell whether it came to its end before."""
    child = os.fork()
    if child == 0:
        try:
            arm(point)
            action()
        except BaseException:
            os._exit(2)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0, f"it failed by itself before point {point}"
    return True


def _counter(point: int) -> Callable[[], None]:
    left = [point]

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return count


def at_requests(point: int) -> None:
    """Die before the k-th request to an object store: fsspec makes each in its function `sync`."""
    count = _counter(point)

    def on_call(frame: FrameType, event: str, _: Any) -> None:
        if frame.f_code.co_name == "sync" and Path(frame.f_code.co_filename).name == "asyn.py":
            count()

    sys.settrace(on_call)


def at_writes_and_lines(point: int) -> None:
    """Die at the k-th write or line."""
    count = _counter(point)

    def on_event(event: str, given: tuple[Any, ...]) -> None:
        opens = event == "open" and isinstance(given[2], int) and given[2] & (os.O_WRONLY | os.O_RDWR)
        if opens or event in WRITES:
            count()

    def on_line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            count()
        return on_line

    def on_call(frame: FrameType, event: str, _: Any) -> Any:
        return on_line if Path(frame.f_code.co_filename).name in WATCHED else None

    sys.addaudithook(on_event)
    sys.settrace(on_call)
