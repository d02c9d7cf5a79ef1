"""The operator's clock is set wrong, and later right again."""

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from ssl import SSLContext

import tests.faults.clock
from tests.faults.trouble import Loop, Trouble

OFF_S = 15
"""How long it is wrong."""


class ClockOff(Trouble):
    """By so many seconds, ahead or behind; see `clock/sitecustomize.py`."""

    def __init__(self, mode: str, at: str, by_s: int) -> None:
        super().__init__(mode, at)
        self.by_s = by_s

    def surround(self, stack: ExitStack, folder: Path, trust: SSLContext) -> None:
        self.shift = folder / "shift"
        path = [*tests.faults.clock.__path__, os.environ["PYTHONPATH"]]
        self.environment = {"PYTHONPATH": os.pathsep.join(path), "CLOCK_SHIFT": str(self.shift)}

    def play(self, loop: Loop) -> str:
        self._set(loop, self.by_s)
        time.sleep(OFF_S)
        self._set(loop, -self.by_s)
        loop.record.fell = time.monotonic()
        return f"wrong for {OFF_S} s"

    def _set(self, loop: Loop, seconds: int) -> None:
        self.shift.write_text(str(seconds))
        loop.lives[0].now.send(signal.SIGUSR1)
