"""One line for each step, with the seconds it took."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print `name` with its seconds when the block ends, and that it failed when it raises."""
    started = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"{name}: failed after {time.monotonic() - started:.1f} s")
        raise
    say(f"{name}: {time.monotonic() - started:.1f} s")


def say(line: str) -> None:
    """Print a line on standard error, so that standard output stays free for what scripts read."""
    print(line, file=sys.stderr, flush=True)


def side_by_side(*jobs: Callable[[], object]) -> None:
    """Run jobs in threads and wait for all; the first error is raised after every job has ended."""
    _gather(jobs)


def _gather(jobs: Sequence[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(max_workers=max(1, len(jobs))) as pool:
        futures = [pool.submit(job) for job in jobs]
    for future in futures:
        future.result()
