"""What is shown while it runs: one panel on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections import deque
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo.snapshot import Snapshot

PLAIN_EVERY_S = 10.0
BARS = "▁▂▃▄▅▆▇█"
MANY = 100_000


def sparkline(values: list[float], low: float, high: float) -> str:
    """Return values as bars of eight heights between `low` and `high`."""
    steps = [min(len(BARS) - 1, max(0, int((value - low) / (high - low) * len(BARS)))) for value in values]
    return "".join(BARS[step] for step in steps)


def plain_line(snapshot: Snapshot, threshold: float, elapsed_s: float) -> str:
    """Return a snapshot as one line."""
    accuracy = "     " if snapshot.accuracy is None else f"{snapshot.accuracy:.3f}"
    evidence = f"evidence {shown_evidence(snapshot.evidence):>7}"
    run = f"{snapshot.attempt.name} {snapshot.attempt.outcome or snapshot.attempt.stage}" if snapshot.attempt else "-"
    domain = snapshot.domain or "-"
    measured = f"accuracy {accuracy} ({threshold:.2f})  {evidence}"
    return f"{elapsed_s:4.0f} s  {domain:13}  {measured}  {snapshot.state or '-':10}  {run}"


def shown_evidence(statistic: float | None) -> str:
    """Return the evidence in a few letters: large numbers by their power of ten."""
    if statistic is None:
        return "-"
    return f"{statistic:,.0f}" if statistic < MANY else f"{statistic:.0e}"


class Screen:
    """Shows snapshots; a context manager, since the terminal has to be restored."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._started = time.monotonic()
        self._printed = -PLAIN_EVERY_S
        self._history: deque[float] = deque(maxlen=60)
        self._live = Live(console=Console(), auto_refresh=False, transient=True) if sys.stdout.isatty() else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def announce(self, text: str) -> None:
        """Print a line that stays."""
        line = f"{time.monotonic() - self._started:4.0f} s  {text}"
        if self._live:
            self._live.console.print(line, style="bold", highlight=False)
        else:
            print(line, flush=True)

    def show(self, snapshot: Snapshot, waiting_for: str) -> None:
        """Show a snapshot."""
        elapsed = time.monotonic() - self._started
        if self._live:
            self._history.extend([] if snapshot.accuracy is None else [snapshot.accuracy])
            self._live.update(self._panel(snapshot, waiting_for, elapsed), refresh=True)
        elif elapsed - self._printed >= PLAIN_EVERY_S:
            self._printed = elapsed
            print(plain_line(snapshot, self._threshold, elapsed), flush=True)

    def _panel(self, snapshot: Snapshot, waiting_for: str, elapsed_s: float) -> Panel:
        table = Table.grid(padding=(0, 2))
        for name, value in (
            ("traffic", Text(snapshot.domain or "-")),
            ("accuracy", self._accuracy(snapshot.accuracy)),
            ("", Text(sparkline(list(self._history), 0.6, 1.0), style="cyan")),
            ("evidence", Text(f"{shown_evidence(snapshot.evidence)}  that it is below the threshold")),
            ("monitor", Text(snapshot.state or "-")),
            ("run", Text(_run(snapshot))),
        ):
            table.add_row(Text(name, style="dim"), value)
        return Panel(table, title=f"{elapsed_s:.0f} s", subtitle=f"waiting for {waiting_for}", width=92)

    def _accuracy(self, value: float | None) -> Text:
        if value is None:
            return Text("no labels yet")
        colour = "green" if value >= self._threshold else "red"
        return Text.assemble((f"{value:.3f}", f"bold {colour}"), f"  (threshold {self._threshold:.2f})")


def _run(snapshot: Snapshot) -> str:
    attempt = snapshot.attempt
    return f"{attempt.name}  {attempt.outcome or attempt.stage}  {attempt.message}" if attempt else "-"
