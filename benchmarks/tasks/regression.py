"""How positive a sentence is, from -4 to 4: tweets, then reviews of films. People's mean ratings."""

from itertools import islice
from pathlib import Path

from benchmarks.scores import ensure_scores
from benchmarks.tasks import Materials, Scenario
from demo.data import ensure_data

TRAIN, HOLDOUT = 2000, 500
"""Sentences on each side, before and after."""


def _write(materials: Materials, folder: Path) -> None:
    (folder / "model").symlink_to(materials["sentences"] / "minilm")
    for when, domain in {"before": "tweets", "after": "movies"}.items():
        with (materials["scores"] / f"{domain}.jsonl").open() as lines:
            for side, rows in {"holdout": HOLDOUT, "train": TRAIN}.items():
                (folder / when / side).mkdir(parents=True)
                (folder / when / side / "rows.jsonl").write_text("".join(islice(lines, rows)))


SCENARIO = Scenario(
    task="regression",
    model="MiniLM, pretrained",
    data="how positive people rated sentences, from -4 to 4 (vaderSentiment)",
    drift="tweets → film reviews",
    metric="mae",
    columns={"text": "text", "value": "value"},
    hyperparameters={"learning_rate": "1e-4", "epochs": "2"},
    write=_write,
    materials={"sentences": ensure_data, "scores": ensure_scores},
)
