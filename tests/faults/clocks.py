"""The operator's clock is set wrong, and later right again."""

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from ssl import SSLContext

import tests.faults.clock
from tests.faults.trouble import Loop, Trouble
from tests.support.cluster.hosted import Hosted

OFF_S = 15
"""How long it is wrong."""
SHIFT = "shift"


def shiftable(folder: Path, ahead_s: int = 0) -> dict[str, str]:
    """Return the environment of an operator whose clock `shift` may set; it starts ahead by so much, or behind."""
    path = [*tests.faults.clock.__path__, os.environ["PYTHONPATH"]]
    return {"PYTHONPATH": os.pathsep.join(path), "CLOCK_SHIFT": str(folder / SHIFT), "CLOCK_AHEAD": str(ahead_s)}


def shift(operator: Hosted, folder: Path, seconds: int) -> None:
    """Set its clock ahead, or with a negative number back."""
    (folder / SHIFT).write_text(str(seconds))
    operator.send(signal.SIGUSR1)


class ClockOff(Trouble):
    """By so many seconds, ahead or behind, for a while."""

    def __init__(self, mode: str, at: str, by_s: int) -> None:
        super().__init__(mode, at)
        self.by_s = by_s

    def surround(self, stack: ExitStack, folder: Path, trust: SSLContext) -> None:
        self.environment = shiftable(folder)

    def play(self, loop: Loop) -> str:
        shift(loop.lives[0].now, loop.folder, self.by_s)
        time.sleep(OFF_S)
        shift(loop.lives[0].now, loop.folder, -self.by_s)
        loop.record.fell = time.monotonic()
        return f"wrong for {OFF_S} s"
