"""The initial model as it was first seen: a path may be written to, a hub's branch moves, a digest stays. Pure.

The judge reports the digest of the model in service; every later run carries it and checks the files by it.
"""

from collections.abc import Sequence

from refit_operator.api.run import RetrainRun
from refit_operator.api.uris import Pointer


def pin(initial: str, runs: Sequence[RetrainRun]) -> Pointer:
    """Return the initial model with the digest that the oldest run knows of it, none where no run has judged it."""
    return Pointer(initial, next((digest for run in runs if (digest := _digest_in(run, initial))), ""))


def _digest_in(run: RetrainRun, initial: str) -> str:
    return run.served.digest if run.served and run.served.uri == initial else ""
