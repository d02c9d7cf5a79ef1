"""The newest report of each run, in memory: a cache, which the run's next reconciliation copies into its status."""

from collections import OrderedDict
from datetime import datetime

from refit_operator.api.metadata import Ref
from refit_operator.api.progress import RunProgress

MOST_RUNS = 4096


class ProgressCache:
    """Reports by run; the run that reported longest ago makes room."""

    def __init__(self) -> None:
        self._reports: OrderedDict[Ref, RunProgress] = OrderedDict()
        self.listening_since: datetime | None = None
        """Since when every report would have been received; None where no server listens."""

    def put(self, run: Ref, progress: RunProgress) -> bool:
        """Keep a report; return whether it is the run's first."""
        first = run not in self._reports
        self._reports[run] = progress
        self._reports.move_to_end(run)
        if len(self._reports) > MOST_RUNS:
            self._reports.popitem(last=False)
        return first

    def of(self, run: Ref) -> RunProgress | None:
        """Return the newest report, None where none came since this process began."""
        return self._reports.get(run)
