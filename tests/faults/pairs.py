"""Two operators at once: both at work, or the leader frozen past its Lease."""

import signal
import time

from tests.faults.trouble import ELECTED, Loop, Trouble
from tests.support.local import until


class TwoActive(Trouble):
    """Nobody elects: both believe they lead, from the first reading to the end."""

    starts = (1, 1)

    def play(self, loop: Loop) -> str:
        for life in loop.lives:
            life.now.wait_for("/readyz", 200)
        loop.record.fell = time.monotonic()
        return "both at work to the end"


class LeaderFrozen(Trouble):
    """Stopped past its Lease, and continued once another leads and has written: then it ends itself."""

    starts = (2, 1)

    def __init__(self, mode: str, at: str) -> None:
        super().__init__(mode, at)
        self.environment = ELECTED

    def play(self, loop: Loop) -> str:
        first, second = loop.lives
        frozen, calls = first.now, len(loop.record.calls)
        frozen.send(signal.SIGSTOP)
        began = loop.record.fell = time.monotonic()
        second.now.wait_for("/readyz", 200, limit_s=60)
        led = time.monotonic() - began
        until(lambda: len(loop.record.calls) > calls, 60, "the new leader writes nothing")
        frozen.send(signal.SIGCONT)
        assert frozen.ended(10) == 1, "the old leader didn't end itself"
        return f"the other led after {led:.0f} s; the old leader ended itself"
