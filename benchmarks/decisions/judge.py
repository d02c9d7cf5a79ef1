"""A monitor of a ratio that judges simulated windows as the operator does: by its rules, each time from all it sees."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from refit_operator.api.monitor import ModelMonitor
from refit_operator.monitor.rules.decision import Observed
from refit_operator.prometheus.rules.evidence import WINDOWS
from refit_operator.prometheus.rules.reading import Counts, NoData, Reading, TooFewSamples, Value
from tests.support.samples import NOW, make_monitor

WINDOW = timedelta(minutes=5)
BEGUN = NOW - timedelta(days=3650)
Windows = Sequence[Counts | None]


def monitor(threshold: float, promised: int, repeats: int = 1) -> ModelMonitor:
    """Return a monitor that allows one false run in so many windows."""
    metric = {
        "query": None,
        "ratio": {"good": "right", "total": "judged", "repeats": repeats},
        "threshold": threshold,
        "falseRuns": {"atMost": 1, "per": f"{promised * WINDOW // timedelta(minutes=1)}m"},
    }
    return make_monitor(metric=metric, metadata={"creationTimestamp": BEGUN.isoformat()})


def reading(counts: Counts | None, time: datetime) -> Reading:
    """Return what a window reads as."""
    if counts is None:
        return NoData(time)
    return Value(counts.good / counts.total, time, counts) if counts.total else TooFewSamples(0, time)


def is_breached(judge: ModelMonitor, windows: Windows, shown: int = WINDOWS) -> bool:
    """Return whether the newest windows, of which so many are shown, start a run: the newest is in breach, too."""
    newest, metric = windows[-1], judge.spec.metric
    if not (newest and newest.total and metric.is_breached_by(newest.good / newest.total)):
        return False
    seen = windows[-shown:]
    times = [NOW - WINDOW * back for back in reversed(range(len(seen)))]
    readings = tuple(reading(counts, time) for counts, time in zip(seen, times, strict=True))
    return Observed(judge, None, (), NOW, window=readings, query_range=WINDOW, interval=WINDOW).is_breached


def first_run(judge: ModelMonitor, windows: Windows, begin: int = 0, shown: int = WINDOWS) -> int | None:
    """Return after how many windows from `begin` on a run starts; None where none does."""
    ends = range(begin + 1, len(windows) + 1)
    return next((end - begin for end in ends if is_breached(judge, windows[:end], shown)), None)
