"""Dates in words, to be written in digits: in English, then in French. The forms are those of the CLDR."""

from pathlib import Path

from benchmarks.dates import ensure_dates, read_dates
from benchmarks.rows import write_rows
from benchmarks.tasks import Materials, Scenario

TRAIN, HOLDOUT = 4000, 400
"""Dates on each side, before and after; no date of a holdout was learnt."""


def make_byt5(folder: Path, width: int = 128, layers: int = 2) -> Path:
    """Write a ByT5, small and untrained, that reads and writes letters, without a head."""
    import torch
    from transformers import ByT5Tokenizer, T5Config, T5Model

    torch.manual_seed(0)
    size = {"d_model": width, "d_ff": 2 * width, "d_kv": width // 4, "num_heads": 4}
    depth = {"num_layers": layers, "num_decoder_layers": layers, "dropout_rate": 0.0}
    tokens = {"vocab_size": 384, "decoder_start_token_id": 0, "tie_word_embeddings": False}
    T5Model(T5Config(feed_forward_proj="gated-gelu", **size, **depth, **tokens)).save_pretrained(folder)
    ByT5Tokenizer(model_max_length=256).save_pretrained(folder)
    return folder


def _write(materials: Materials, folder: Path) -> None:
    make_byt5(folder / "model")
    for when, language in {"before": "en", "after": "fr"}.items():
        rows = read_dates(materials["dates"], language)
        write_rows(folder / when / "holdout", rows[:HOLDOUT])
        write_rows(folder / when / "train", rows[HOLDOUT : HOLDOUT + TRAIN])


SCENARIO = Scenario(
    task="text2text-generation",
    model="ByT5 of 2 and 2 layers, from its configuration",
    data="dates in words, to be written in digits (forms of the CLDR, by Babel)",
    drift="English → French",
    metric="exact_match",
    columns={"text": "text", "target": "target"},
    hyperparameters={"learning_rate": "2e-3", "epochs": "6"},
    write=_write,
    materials={"dates": ensure_dates},
)
