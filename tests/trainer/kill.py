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
WATCHED = {"checkpoint.py", "manifest.py", "files.py", "storage.py", "siblings.py", "unfinished.py", "train.py"}
LIMIT = 3000  # points; more means that it never ends


def killed_everywhere(action: Callable[[], None], prepare: Callable[[], None]) -> Iterator[int]:
    """Yield after each death, once for each point; ends when the action survived. Call `prepare` before each child."""
    for point in range(1, LIMIT):
        prepare()
        if _survives(action, point):
            return
        yield point
    raise AssertionError(f"no end after {LIMIT} points")


def _survives(action: Callable[[], None], point: int) -> bool:
    child = os.fork()
    if child == 0:
        try:
            _arm(point)
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


def _arm(point: int) -> None:
    left = [point]

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

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
