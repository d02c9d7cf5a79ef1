"""`python -m benchmarks.play_task NAME FILE`, inside the trainer image: a scenario through the contract, recorded.

`refit-train` and `refit-judge` are what the operator runs, and all that they are given is REFIT_CONFIG. What is
measured is read from their termination messages.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.tasks import Scenario, find_scenario

MATERIALS = Path("/materials")
"""Where the folders of materials are mounted, by name."""
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Play:
    """One scenario in a folder of its own."""

    scenario: Scenario
    folder: Path

    def run(self) -> dict[str, Any]:
        """Write model and rows, train, drift, retrain; return the record."""
        self.scenario.write({name: MATERIALS / name for name in self.scenario.materials}, self.folder)
        first = self._train("model", "before", "first")
        again = self._train("first", "after", "again")
        old, new = self._judge("before"), self._judge("after")
        return {
            "task": self.scenario.task,
            "metric": self.scenario.metric,
            "before": self._metric(old["served"]),
            "drifted": self._metric(new["served"]),
            "retrained": self._metric(new["candidate"]),
            "retrained_before_drift": self._metric(old["candidate"]),
            "also": {
                name: [verdict["metrics"][name] for verdict in (old["served"], new["served"], new["candidate"])]
                for name in self.scenario.also
            },
            "rows": {"train": first["rows"], "retrain": again["rows"], "holdout": new["rows"]},
            "seconds": {"train": first["wall"], "retrain": again["wall"], "judge": new["wall"]},
            "holdout": new["holdout"]["digest"],
            "versions": {name: version(name) for name in ("torch", "transformers")},
            "cpus": len(os.sched_getaffinity(0)),
        }

    def _train(self, start: str, when: str, output: str) -> Document:
        return self._run(
            "refit-train",
            startFrom={"uri": self._uri(start)},
            dataset={"train": self._uri(f"{when}/train"), "columns": dict(self.scenario.columns)},
            hyperparameters=dict(self.scenario.hyperparameters),
            output=self._uri(output),
            run={"name": output, "uid": output, "ordinal": 1},
        )

    def _judge(self, when: str) -> Document:
        return self._run(
            "refit-judge",
            candidate={"uri": self._uri("again")},
            served={"uri": self._uri("first")},
            dataset={"holdout": self._uri(f"{when}/holdout"), "columns": dict(self.scenario.columns)},
            gate={"metric": self.scenario.metric},
            run={"name": "again", "uid": "again", "ordinal": 1},
        )

    def _run(self, command: str, **config: Any) -> Document:
        """Run a command of the image and return its answer, with the seconds of the whole process as `wall`."""
        answer = self.folder / "termination-log"
        environment = {
            "REFIT_CONFIG": json.dumps({"task": self.scenario.task} | config),
            "REFIT_TERMINATION_LOG": str(answer),
        }
        started = time.monotonic()
        subprocess.run([command], env={**os.environ, **environment}, check=True, stdout=sys.stderr)
        report: dict[str, Any] = json.loads(answer.read_text())
        return report | {"wall": round(time.monotonic() - started, 1)}

    def _uri(self, name: str) -> str:
        return (self.folder / name).resolve().as_uri()

    def _metric(self, verdict: Document) -> float:
        return float(verdict["metrics"][self.scenario.metric])


def main(name: str, file: str) -> None:
    """Play one scenario and write its record."""
    with tempfile.TemporaryDirectory() as folder:
        record = Play(find_scenario(name), Path(folder)).run()
    Path(file).write_text(json.dumps(record))


if __name__ == "__main__":
    main(*sys.argv[1:])
