"""Seconds until `refit-train` learns: its imports, and all of a training of few rows, with bytecode and without.

Run as in a pod: the package as the image installed it, a process each time. Without bytecode is what an image would
cost that has none and can't write any, as a read-only root file system can't.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.pages import write_lines
from benchmarks.train.material import Material, note
from refit_trainer.storage.uris import make_scratch

ROWS = 64
IMPORTS = "import refit_trainer.commands.train, refit_trainer.methods.full, refit_trainer.tasks.text_classification"
WITH, WITHOUT = "as installed", "without bytecode"


def run(material: Material, seeds: Sequence[int]) -> None:
    """Start each in turn, as often as there are seeds."""
    for seed in seeds:
        for name in (WITH, WITHOUT):
            note(f"start-up: {name}, {seed}")
            imports = seconds_of([sys.executable, "-c", IMPORTS], name)
            command = seconds_of(["refit-train"], name, REFIT_CONFIG=json.dumps(config(material)))
            material.say("start-up", name=name, seed=seed, imports=imports, command=command)


def seconds_of(command: Sequence[str], name: str, **variables: str) -> float:
    """Return the wall time of a process."""
    scratch = make_scratch()
    own = {"REFIT_TERMINATION_LOG": str(scratch / "log"), **variables}
    own |= {"PYTHONPYCACHEPREFIX": str(scratch)} if name == WITHOUT else {}
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    started = time.monotonic()
    subprocess.run(command, env=inherited | own, cwd="/tmp", check=True, stdout=subprocess.DEVNULL)
    return round(time.monotonic() - started, 2)


def config(material: Material) -> dict[str, object]:
    """Return a training of few reviews from the model that knows films."""
    folder = make_scratch()
    write_lines(folder / "rows.jsonl", (row.values for row in material.learn("amazon", ROWS)))
    return {
        "task": "text-classification",
        "startFrom": {"uri": material.served.as_uri()},
        "dataset": {"train": (folder / "rows.jsonl").as_uri(), "columns": {"text": "text", "label": "label"}},
        "output": (folder / "out").as_uri(),
        "run": {"name": "start-up", "uid": "start-up", "ordinal": 1},
    }
