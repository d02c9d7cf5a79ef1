"""Ask a component whether it works."""

import ssl
import time
import urllib.request
from collections.abc import Callable

from localcluster.api import get
from localcluster.commands import Failed, succeeds
from localcluster.paths import Layout

Check = Callable[[Layout], bool]


def answers(url: str) -> Check:
    """Check that a URL answers with success; https is not verified, the address is this machine's loopback."""

    def check(_layout: Layout) -> bool:
        context = ssl._create_unverified_context() if url.startswith("https") else None
        try:
            with urllib.request.urlopen(url, timeout=2.0, context=context) as reply:
                return int(reply.status) == 200
        except OSError:
            return False

    return check


def wait(works: Callable[[], bool], limit_s: float, what: str) -> None:
    """Wait until something works. Raises `Failed` when the time is up."""
    end = time.monotonic() + limit_s
    while not works():
        if time.monotonic() > end:
            raise Failed(f"{what} does not answer after {limit_s:.0f} s; begin again with down and up")
        time.sleep(0.2)


def api_server_is_ready(layout: Layout) -> bool:
    """Check that the API server calls itself ready."""
    try:
        return get(layout, "/readyz", timeout_s=2.0) == "ok"
    except OSError:
        return False


def containerd_answers(layout: Layout) -> bool:
    """Check that containerd answers on its socket."""
    return succeeds(["ctr", "--connect-timeout", "1s", "-a", str(layout.containerd_socket), "version"])


def is_running(_layout: Layout) -> bool:
    """Accept a component without a health check: it has not exited."""
    return True
