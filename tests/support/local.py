"""What tests of processes on this host share: a port, and waiting for what is awaited, not for a time."""

import random
import socket
import time
from collections.abc import Callable
from contextlib import suppress

CHANCE = random.SystemRandom()
BELOW_THE_EPHEMERAL = range(20_000, 30_000)
"""Ports that neither connections nor Services are given by themselves."""


def until(what: Callable[[], bool], limit_s: float, why: str) -> None:
    """Ask again and again until it is so; the longer an answer takes, the less often."""
    deadline = time.monotonic() + limit_s
    while True:
        asked = time.monotonic()
        if what():
            return
        now = time.monotonic()
        assert now < deadline, why
        time.sleep(max(0.1, min(1.0, 4 * (now - asked))))


def free_port() -> int:
    """Return a port that nobody listens on, and that no connection to elsewhere is given before it is used."""
    while True:
        port = CHANCE.choice(BELOW_THE_EPHEMERAL)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
