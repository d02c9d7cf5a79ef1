"""The task recommendation on sequences that people made: the next word of real sentences from those before it."""

import json
from pathlib import Path
from typing import Any

import pytest

from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import Prediction
from refit_trainer.tasks.recommendation import TASK
from tests.support.trainer.commands import judge_config, read_rows, train_config, write_rows
from tests.support.trainer.server import Serve


def sequences(sentences: list[dict[str, Any]]) -> list[dict[str, Any]]:
    words = [row["text"].lower().split() for row in sentences]
    return [{"items": line[:end], "next": line[end]} for line in words for end in range(1, min(len(line), 9))]


def make_decoder(folder: Path) -> Path:
    """Write a GPT-2 of the real architecture, small and untrained, that knows no item."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    size = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 16, "vocab_size": 2}
    GPT2LMHeadModel(GPT2Config(**size, bos_token_id=0, eos_token_id=0)).save_pretrained(folder)
    return folder


def config(start: Path, rows: Path, output: Path, **changes: Any) -> str:
    settings = {"learning_rate": "5e-3", "epochs": "3", "batch_size": "32"}
    dataset = {"train": rows.as_uri()}
    return json.dumps(
        train_config(start, rows, output, task="recommendation", dataset=dataset, hyperparameters=settings) | changes
    )


def judged(candidate: Path, rows: Path) -> dict[str, Any]:
    dataset, gate = {"holdout": rows.as_uri()}, {"metric": "hit_at_10"}
    return judge(json.dumps(judge_config(candidate, rows, task="recommendation", dataset=dataset, gate=gate)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, sentences: list[dict[str, Any]]) -> Path:
    folder = tmp_path_factory.mktemp("items")
    rows = write_rows(folder / "rows.jsonl", sequences(sentences[:100]))
    train(config(make_decoder(folder / "gpt2"), rows, folder / "out"))
    return folder / "out"


def test_it_learns_what_comes_next(trained: Path, tmp_path: Path, sentences: list[dict[str, Any]]) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", sequences(sentences[:100]))
    metrics = judged(trained, rows)["candidate"]["metrics"]
    assert 0.1 < metrics["ndcg_at_10"] < metrics["hit_at_10"] <= 1  # by chance: 0.01


def test_new_items_are_learnt(trained: Path, tmp_path: Path, sentences: list[dict[str, Any]]) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", sequences(sentences[100:160]))
    before = judged(trained, rows)["candidate"]["metrics"]["hit_at_10"]
    train(config(trained, rows, tmp_path / "out"))
    items = [json.loads((folder / "items.json").read_text())["items"] for folder in (trained, tmp_path / "out")]
    assert items[1][: len(items[0])] == items[0] and len(items[1]) > len(items[0])
    assert judged(tmp_path / "out", rows)["candidate"]["metrics"]["hit_at_10"] > before + 0.1


def test_no_more_logits_are_computed_than_are_used(trained: Path) -> None:
    """Those of all positions of 256 histories of 50 items are 3.2 GiB where there are 100,000 items."""
    model = TASK.load(trained)
    known = TASK.known_labels(trained)
    assert known is not None
    rows = [Row({"items": list(known[:length])}) for length in (12, 11, 12, 3)]
    computed: list[Any] = []
    model.network.lm_head.register_forward_hook(lambda _, __, logits: computed.append(logits.shape))
    together = TASK.predict(model, rows)
    assert sum(shape[1] for shape in computed) == 3, "3 items, 11 and 12: as many positions as histories have lengths"
    alone = [TASK.predict(model, [row])[0] for row in rows]
    assert [answer.value[0] for answer in together] == [answer.value[0] for answer in alone]


def test_places_count() -> None:
    rows = [Row({"items": ["a"], "next": item}) for item in ("b", 7, "z")]
    answers = [Prediction(["b", "c"], 0.5), Prediction(["c", "7"], 0.5), Prediction(["c"], 0.5)]
    measured = TASK.measure(rows, answers)
    assert measured["hit_at_10"] == pytest.approx(2 / 3)
    assert measured["ndcg_at_10"] == pytest.approx((1 + 1 / 1.5849625) / 3)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"items": "a", "next": "b"}, "rows.jsonl:1: items is 'a', not a list of items"),
        ({"items": [], "next": "b"}, "rows.jsonl:1: items is [], not a list of items"),
        ({"items": ["a", None], "next": "b"}, "rows.jsonl:1: items has None, not an item"),
        ({"items": ["a"], "next": 1.5}, "rows.jsonl:1: next is 1.5, not an item"),
    ],
)
def test_what_is_no_history(trained: Path, tmp_path: Path, row: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadInput) as refused:
        train(config(trained, write_rows(tmp_path / "rows.jsonl", [row]), tmp_path / "out"))
    assert problem in str(refused.value)


def test_items_are_served_and_what_came_next_is_stored(serve: Serve, trained: Path) -> None:
    server = serve(INITIAL_MODEL_URI=trained.as_uri(), TASK="recommendation", HOLDOUT_SHARE="0").wait()
    answer = server.post("/v1/predict", id="a", items=["the", "film"])
    assert len(answer["label"]) == 10 and len(set(answer["label"])) == 10
    assert server.post("/v1/feedback", id="a", label=answer["label"][3])["judged"] and server.counts() == (1, 1, 1)
    (row,) = read_rows(server.folder / "train" / "pod-1.jsonl")
    assert row["items"] == ["the", "film"] and row["next"] == answer["label"][3]
    assert server.refused("/v1/predict", items=[])[0] == 422


@pytest.mark.parametrize("text", ["[]", '{"items": 1}', '{"items": [], "length": Infinity}', "[" * 100_000, '{"items"'])
def test_items_that_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "items.json").write_text(text)
    with pytest.raises(BadInput, match=r"items\.json isn't a list of items: "):
        TASK.known_labels(tmp_path)
