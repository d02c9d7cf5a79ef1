"""`make faults`: one loop as it should be, then one loop for each mode and call with that fault; a table by mode.

`python -m tests.faults MODE CALL…` plays some of them, `all` instead of calls each one that the first loop prints.
"""

import itertools
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.alone import left_alone
from tests.faults.loop import Result, play
from tests.faults.proxy import Fault

SIDE_BY_SIDE = 2
MODES = ("kill-before", "kill-after", "lose-answer", "403", "409", "429", "500", "503")
CALLS = ("POST retrainruns#1", "POST jobs#1", "PATCH deployments#1")
"""What must happen exactly once: the run, its Job, the promotion."""


def told(fault: Fault | None, result: Result) -> str:
    """Return a line of the table."""
    name = f"{fault.mode:<12} {fault.call:<28}" if fault else f"{'no fault':<41}"
    return f"{name} {result.seconds:4.0f} s  {len(result.record.calls):2} writes  {'; '.join(result.problems) or 'ok'}"


def chosen(words: list[str], seen: list[str]) -> list[Fault]:
    """Return the faults asked for, or one of each mode at each call that must happen exactly once."""
    modes = [word for word in words if word in MODES] or MODES
    calls = [word for word in words if word not in MODES] or CALLS
    calls = seen if "all" in calls else calls
    return [Fault(mode, call) for mode, call in itertools.product(modes, calls)]


def main(words: list[str]) -> int:
    """Play the loops; exit code 1 where one didn't end as it should."""
    with left_alone(), tempfile.TemporaryDirectory(prefix="refit-faults-") as folder:
        reference = play(None, "reference", Path(folder) / "reference")
        print(told(None, reference), *reference.record.calls, sep="\n  ", flush=True)
        if reference.problems or max(reference.record.statuses) >= 400:
            print("the loop without a fault isn't as it should be; writes were answered", reference.record.statuses)
            return 1
        faults = chosen(words, reference.record.calls)

        def one(number: int) -> bool:
            result = play(faults[number], str(number), Path(folder) / str(number))
            print(told(faults[number], result), flush=True)
            return not result.problems

        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            good = list(pool.map(one, range(len(faults))))
    print(f"{sum(good)} of {len(good)} loops ended as without a fault")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
