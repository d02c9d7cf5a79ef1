"""Shifts the clock of the process that has this folder on PYTHONPATH: by the seconds in a file, at SIGUSR1. It may also
start with a wrong one.

A fake, because a host has one clock: to set it wrong would set it wrong for the cluster and every other test as well,
and the kernel's time namespaces leave that clock alone. The monotonic clock stays as it is, as where a clock is set.
"""

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

ahead = timedelta(seconds=float(os.environ.get("CLOCK_AHEAD", "0")))
clock = time_machine.travel(datetime.now(UTC) + ahead, tick=True).start()
signal.signal(signal.SIGUSR1, lambda *_: clock.shift(float(Path(os.environ["CLOCK_SHIFT"]).read_text())))
