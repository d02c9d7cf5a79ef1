"""`python -m benchmarks.train DATA FILE [BENCH…]`, in the trainer image: each measurement is a line of JSON in FILE."""

import sys
from pathlib import Path

from refit_trainer.contract.process_setup import set_defaults

set_defaults()

from benchmarks.train import changes, forgetting, labels, profile, questions, speed, start_up  # noqa: E402
from benchmarks.train.material import Benchmark, prepare  # noqa: E402
from refit_trainer.training.compute import limit_threads  # noqa: E402

BENCHMARKS: dict[str, Benchmark] = {
    "speed": speed.run,
    "profile": profile.run,
    "changes": changes.run,
    "forgetting": forgetting.run,
    "labels": labels.run,
    "questions": questions.run,
    "start-up": start_up.run,
}
SEEDS = (1, 2, 3)


def main(data: str, file: str, *names: str) -> None:
    """Measure what is named, or everything."""
    limit_threads()
    material = prepare(Path(data), Path(file))
    for name in names or BENCHMARKS:
        BENCHMARKS[name](material, SEEDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
