"""What an operator's metrics show while answers are damaged: each monitor's value, and what its sweep did."""

import re
import urllib.request
from collections.abc import Mapping

from tests.faults.own_values import Truth, shown_wrong

VALUE = re.compile(r"^refit_monitor_value\{(.+)\} (\S+)$", re.MULTILINE)
MONITOR = re.compile(r'monitor="(.+?)"')


def number(text: str, name: str) -> float:
    """Return a metric without labels."""
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))


def values(text: str) -> dict[str, float]:
    """Return the value that is shown of each monitor."""
    found = ((MONITOR.search(labels), value) for labels, value in VALUE.findall(text))
    return {name[1]: float(value) for name, value in found if name}


class Shown:
    """The metrics on a port of this host."""

    def __init__(self, port: int, truths: Mapping[str, Truth]) -> None:
        self._url, self._truths = f"http://127.0.0.1:{port}/metrics", truths
        self.wrong: list[str] = []
        """Values that weren't the monitor's own."""
        self.read = 0
        """Values that were looked into."""

    def sweep(self) -> tuple[float, float]:
        """Return how many readings led to nothing and how many to a reconciliation; zero while nothing answers."""
        try:
            with urllib.request.urlopen(self._url, timeout=10) as reply:
                text = reply.read().decode()
        except OSError:
            return 0.0, 0.0
        shown = values(text)
        self.read += len(shown)
        self.wrong += shown_wrong(shown, self._truths)
        return number(text, "refit_swept_total"), number(text, "refit_woken_total")
