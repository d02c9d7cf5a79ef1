"""`python -m benchmarks.play_scarce KIND FILE`, inside the trainer image: what is seen without labels, on real inputs.

A model learns one domain, is judged on rows of its own, and is then asked about windows of 200 inputs, of which a
share is of another domain. What the server would export of each window is compared with what its labels say.
"""

import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from refit_trainer.contract.process_setup import set_defaults

set_defaults()
os.environ["REFIT_REPORT"] = "off"

from benchmarks.scarce import Kind, Materials, find_kind  # noqa: E402
from benchmarks.scarce.models import Answers, answer, make_model  # noqa: E402
from refit_serving.metrics import Metrics  # noqa: E402
from refit_serving.model import ServedModel  # noqa: E402
from refit_serving.watch import Watch  # noqa: E402
from refit_trainer.sketch.document import WINDOW  # noqa: E402

MATERIALS = Path("/materials")
"""Where the folders of materials are mounted, by name."""
SHARES = (0.0, 0.1, 0.25, 0.5, 1.0)
WINDOWS = 50


def play(kind: Kind, materials: Materials, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield a record for each pair of domains and each share of the second one."""
    domains = kind.read(materials)
    start = kind.start(materials, folder / "start")
    for learnt, own in domains.items():
        if not own.learnt:
            continue
        made = make_model(kind, start, own, folder / learnt)
        answers = {name: answer(made.model, domain.asked) for name, domain in domains.items()}
        for foreign in domains:
            for share in SHARES if foreign != learnt else ():
                windows = _draw(answers[learnt], answers[foreign], share)
                pair = {"learnt": learnt, "foreign": foreign, "share": share}
                yield pair | _measure(made.model, windows, made.accuracy)


def _draw(own: Answers, foreign: Answers, share: float) -> list[Answers]:
    draw = random.Random(f"{share}")
    count = round(share * WINDOW)
    return [[*draw.sample(own, WINDOW - count), *draw.sample(foreign, count)] for _ in range(WINDOWS)]


def _measure(model: ServedModel, windows: Sequence[Answers], before: float) -> dict[str, float]:
    """Return how many windows are flagged, and the mean errors of the estimate and of the accuracy before."""
    watches = [_follow(model, window) for window in windows]
    true = [fmean(right for _, right in window) for window in windows]
    estimated = [watch.estimated_accuracy or 0.0 for watch in watches]
    found = {
        "flagged": fmean((watch.drift or 0.0) > 1 for watch in watches),
        "drift": fmean(watch.drift or 0.0 for watch in watches),
        "true": fmean(true),
        "estimated": fmean(estimated),
        "error": fmean(abs(a - b) for a, b in zip(true, estimated, strict=True)),
        "error_of_before": fmean(abs(a - before) for a in true),
    }
    return {"windows": len(windows), "before": before} | {name: round(value, 4) for name, value in found.items()}


def _follow(model: ServedModel, window: Answers) -> Watch:
    watch = Watch(model.task, model.loaded.labels, model.sketch, Metrics())
    for prediction, _ in window:
        watch.follow(prediction)
    return watch


def main(name: str, file: str) -> None:
    """Play one kind and write its records."""
    kind = find_kind(name)
    with tempfile.TemporaryDirectory() as made:
        records = play(kind, {material: MATERIALS / material for material in kind.materials}, Path(made))
        Path(file).write_text("".join(json.dumps({"kind": name} | record) + "\n" for record in records))


if __name__ == "__main__":
    main(*sys.argv[1:])
