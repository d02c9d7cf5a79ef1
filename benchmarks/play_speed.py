"""`python -m benchmarks.play_speed DATA FILE NAME ROUNDS`, inside the trainer image: one comparison, in pairs.

Before and after differ in one thing, and take turns, so that a busy machine slows both.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from refit_trainer.contract.process_setup import set_defaults

set_defaults()

import numpy as np  # noqa: E402

from benchmarks.recordings import RATE  # noqa: E402
from benchmarks.tasks.speech_recognition import make_wav2vec2_bert  # noqa: E402
from refit_serving.weights import load_narrow  # noqa: E402
from refit_trainer.data.audio import write_wav  # noqa: E402
from refit_trainer.data.rows import Row  # noqa: E402
from refit_trainer.methods import full  # noqa: E402
from refit_trainer.storage.uris import make_scratch  # noqa: E402
from refit_trainer.tasks.components.batches import MOST_PADDING, predict_in_batches  # noqa: E402
from refit_trainer.tasks.speech_recognition import SpeechRecognition  # noqa: E402
from refit_trainer.tasks.text_classification import TASK  # noqa: E402
from refit_trainer.training.compute import limit_threads  # noqa: E402
from refit_trainer.training.training_state import temporary_states  # noqa: E402

Run = Callable[[], Any]
Pair = tuple[Run, Run]
DOMAINS = ("movies", "amazon", "tweets", "nyt")
WAITING = 32
"""Texts of a batch, as MAX_BATCH has it."""
BATCHES, RECORDINGS, TOKENIZED = 12, 48, 20_000


class OfOneSize(SpeechRecognition):
    """The task without its recordings' lengths, so that rows are drawn by chance."""

    def size_of(self, value: Any) -> float:
        """Return none."""
        return 0


def read_texts(data: Path) -> list[str]:
    """Return real sentences of four domains, mixed."""
    lines = [line for domain in DOMAINS for line in (data / f"{domain}.jsonl").read_text().splitlines()[:1000]]
    texts = [json.loads(line)["text"] for line in lines]
    random.Random(1).shuffle(texts)
    return texts


def make_classifier(data: Path) -> Path:
    """Write MiniLM with a head that has learnt nothing."""
    folder = make_scratch()
    TASK.save(TASK.load(data / "minilm", [Row({"label": label}) for label in ("negative", "positive")]), folder)
    return folder


def mixed_texts(data: Path) -> Pair:
    """Texts that arrive together, one batch after another: in one piece, and cut by padding."""
    model, texts = TASK.load(make_classifier(data)), read_texts(data)
    batches = [texts[start : start + WAITING] for start in range(0, BATCHES * WAITING, WAITING)]

    def logits(some: list[str]) -> list[Any]:
        return list(TASK.logits(model, some))

    def predict(most_padding: float) -> Run:
        def run() -> None:
            for batch in batches:
                predict_in_batches(model.network, batch, TASK.size_of, WAITING, logits, most_padding)

        return run

    return predict(1), predict(MOST_PADDING)


def one_text(data: Path) -> Pair:
    """One text after another: with weights as they are, and kept in bf16."""
    folder, rows = make_classifier(data), [Row({"text": text}) for text in read_texts(data)[:100]]
    wide, narrow = TASK.load(folder), load_narrow(TASK, folder)
    return lambda: [TASK.predict(wide, [row]) for row in rows], lambda: [TASK.predict(narrow, [row]) for row in rows]


def recordings(data: Path) -> Pair:
    """An epoch of recordings of one to ten seconds: drawn by chance, and grouped by their length."""
    draw, noise = random.Random(1), np.random.default_rng(1)
    seconds = [draw.uniform(1, 10) for _ in range(RECORDINGS)]
    rows = [
        Row({"audio": write_wav(noise.normal(0, 0.1, round(one * RATE)), RATE), "text": "un deux"}) for one in seconds
    ]
    folder = make_wav2vec2_bert(make_scratch())

    def learn(task: SpeechRecognition) -> Run:
        settings = full.Hyperparameters.model_validate({"batch_size": 8})
        return lambda: full.fit(task, task.load(folder, rows), full.Split(rows), settings, temporary_states())

    return learn(OfOneSize()), learn(SpeechRecognition())


def tokenizing(data: Path) -> Pair:
    """Texts to tokens: by one thread, and by as many as there are cores."""
    model, texts = TASK.load(make_classifier(data)), read_texts(data)
    many = (texts * (TOKENIZED // len(texts) + 1))[:TOKENIZED]

    def encode(setting: str) -> Run:
        def run() -> None:
            os.environ["TOKENIZERS_PARALLELISM"] = setting
            TASK.encode_inputs(model, many)
            del os.environ["TOKENIZERS_PARALLELISM"]

        return run

    return encode("false"), encode("true")


PAIRS: Mapping[str, Callable[[Path], Pair]] = {
    "batches of mixed texts": mixed_texts,
    "one text": one_text,
    "recordings": recordings,
    "tokenizing": tokenizing,
}


def play(name: str, data: Path, rounds: int) -> dict[str, Any]:
    """Measure both in turn; the first turn isn't counted."""
    pair = PAIRS[name](data)
    turns = [[seconds_of(run) for run in pair] for _ in range(rounds + 1)][1:]
    before, after = ([turn[side] for turn in turns] for side in range(2))
    return {"name": name, "before": before, "after": after, "cpus": len(os.sched_getaffinity(0))}


def seconds_of(run: Run) -> float:
    """Return the seconds that something takes."""
    started = time.perf_counter()
    run()
    return round(time.perf_counter() - started, 4)


def main(given: Sequence[str]) -> None:
    """Measure one comparison, and write its record."""
    data, file, name, rounds = given
    limit_threads()
    record = json.dumps(play(name, Path(data), int(rounds)))
    print(record, flush=True)
    Path(file).write_text(record + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
