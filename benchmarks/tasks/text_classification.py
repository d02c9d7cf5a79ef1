"""Sentiment: reviews of films, then tweets. The sentences and the model of the demo."""

from itertools import islice
from pathlib import Path

from benchmarks.tasks import Materials, Scenario
from demo.data import ensure_data

TRAIN, HOLDOUT = 2000, 500
"""Sentences on each side, before and after."""


def _write(materials: Materials, folder: Path) -> None:
    (folder / "model").symlink_to(materials["sentences"] / "minilm")
    for when, domain in {"before": "movies", "after": "tweets"}.items():
        with (materials["sentences"] / f"{domain}.jsonl").open() as lines:
            for side, rows in {"holdout": HOLDOUT, "train": TRAIN}.items():
                (folder / when / side).mkdir(parents=True)
                (folder / when / side / "rows.jsonl").write_text("".join(islice(lines, rows)))


SCENARIO = Scenario(
    task="text-classification",
    model="MiniLM, pretrained",
    data="sentiment of sentences (vaderSentiment)",
    drift="film reviews → tweets",
    metric="accuracy",
    columns={"text": "text", "label": "label"},
    hyperparameters={"learning_rate": "1e-4", "epochs": "1"},
    write=_write,
    materials={"sentences": ensure_data},
)
