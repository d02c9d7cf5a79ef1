"""`python -m benchmarks.play_shadow DATA FILE TRAFFIC`, in the trainer image: candidates that answer copies.

The demo's first model, which knows movie reviews, serves sentences by refit-serve; its mirror copies each to a second
refit-serve with a candidate, and counts. Candidates are trained as the demo's run trains, on labelled sentences of the
traffic's kind; the sentences that are sent are those that no training has seen.
"""

import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from refit_trainer.contract.process_setup import set_defaults

set_defaults()

from benchmarks.pages import Record  # noqa: E402
from benchmarks.shadowed import GOOD, SEEDS  # noqa: E402
from benchmarks.train.material import Material, accuracy, learn, note, task  # noqa: E402
from demo import sentences  # noqa: E402
from refit_trainer.artifacts.model_folder import digest_folder  # noqa: E402
from refit_trainer.data.rows import Row  # noqa: E402
from refit_trainer.storage.uris import make_scratch  # noqa: E402
from refit_trainer.tasks import LoadedModel  # noqa: E402
from refit_trainer.training.compute import limit_threads  # noqa: E402
from tests.support.local import free_port  # noqa: E402
from tests.support.trainer.server import Server, pointer  # noqa: E402

RECENT, FEW, SENT, AT_ONCE = 1500, 40, 600, 10
"""Rows that the demo's run learns from, those of a poor candidate, sentences sent, and how many in a request."""
LIMIT_S = 120


def play(material: Material, traffic: str) -> Iterator[Record]:
    """Yield what the mirror counted of each candidate."""
    movies, tweets = ([dict(row.values) for row in material.rows(name)] for name in ("movies", "tweets"))
    parts = sentences.split(movies, tweets)
    model = task.load(material.data / "minilm", rows := _rows(parts["movies-labelled"]))
    learn(model, rows, "full", learning_rate=1e-4, epochs=2)
    task.save(model, material.served)
    asked = _rows(parts[sentences.TWEETS_UNSEEN] if traffic == "tweets" else parts[sentences.MOVIES][:SENT])[:SENT]
    fresh = _rows(parts[sentences.TWEETS] if traffic == "tweets" else parts[sentences.MOVIES][SENT:])
    served = accuracy(material.load(), asked)
    for seed in SEEDS:
        for name, rows in _lessons(fresh, seed).items():
            note(f"{traffic}: {name}, seed {seed}")
            candidate = material.load()
            learn(candidate, rows, "full", learning_rate=1e-4, seed=seed)
            right = {"served": served, "candidate": accuracy(candidate, asked)}
            facts = {"traffic": traffic, "candidate": name, "seed": seed, "rows": len(rows)}
            yield facts | {"right": right} | mirror(material.served, candidate, asked)


def _lessons(fresh: Sequence[Row], seed: int) -> dict[str, list[Row]]:
    """Return what each candidate is taught, drawn by the seed."""
    drawn = random.Random(seed).sample(list(fresh), RECENT)
    labels = [row.values["label"] for row in drawn]
    random.Random(-seed).shuffle(labels)
    shuffled = [replace(row, values={**row.values, "label": label}) for row, label in zip(drawn, labels, strict=True)]
    names = {"positive": "negative", "negative": "positive"}
    swapped = [replace(row, values={**row.values, "label": names[row.values["label"]]}) for row in drawn]
    return {GOOD: drawn, f"{FEW} rows": drawn[:FEW], "labels shuffled": shuffled, "labels the wrong way round": swapped}


def _rows(values: Sequence[dict[str, Any]]) -> list[Row]:
    return [Row(dict(one)) for one in values]


def mirror(served: Path, candidate: LoadedModel, asked: Sequence[Row]) -> dict[str, int]:
    """Send sentences to a server whose mirror copies them to the candidate's; return what it counted."""
    folder = make_scratch()
    task.save(candidate, folder / "candidate")
    address = f"http://127.0.0.1:{(port := free_port())}"
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        shadow = Server(Path(one), MODEL_URI=pointer(folder / "candidate"), PORT=str(port))
        shadow.client.base_url = address
        live = Server(Path(other), MODEL_URI=pointer(served), MIRROR_URL=address, MIRROR_POLL_SECONDS="0.1")
        live.client.timeout = LIMIT_S
        try:
            shadow.wait()
            live.wait()
            return _send(live, digest_folder(folder / "candidate"), asked)
        finally:
            live.stop()
            shadow.stop()


def _send(live: Server, digest: str, asked: Sequence[Row]) -> dict[str, int]:
    _await(lambda: _counted(live, digest), "the mirror doesn't find the candidate")
    for start in range(0, len(asked), AT_ONCE):
        part = asked[start : start + AT_ONCE]
        live.post("/v1/predict", instances=[{"text": row.values["text"]} for row in part])
        sent = start + len(part)
        _await(lambda sent=sent: sum(_counted(live, digest).values()) == sent, "copies aren't counted")
    return _counted(live, digest)


def _counted(live: Server, digest: str) -> dict[str, int]:
    """Return the mirror's counts of a candidate; none before it has found it."""
    lines = live.client.get("/metrics").text.splitlines()
    names = {
        name: f'refit_mirror_answers_total{{digest="{digest}",result="{name}"}} '
        for name in ("agreed", "differed", "failed")
    }
    return {
        name: int(float(line.split()[-1])) for line in lines for name, start in names.items() if line.startswith(start)
    }


def _await(holds: Any, what: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


def main(data: str, file: str, traffic: str) -> None:
    """Write a record for each candidate."""
    limit_threads()
    material = Material(Path(data), make_scratch() / "served", Path(file))
    with material.file.open("a") as lines:
        for record in play(material, traffic):
            lines.write(json.dumps(record) + "\n")
            lines.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
