"""Which film somebody rates next: MovieLens before New Year 1998, then after it, by other people, of newer films.

People are on one side for good: the holdout asks about people whom no training saw.
"""

import random
import zlib
from pathlib import Path

from benchmarks.ratings import Rating, ensure_ratings, histories, read_ratings
from benchmarks.rows import write_rows
from benchmarks.tasks import Materials, Scenario

NEW_YEAR = 883_612_800  # 1998-01-01, seconds since 1970
SHORTEST, LONGEST = 4, 20
"""Films in a history."""
HOLDOUT_PERCENT = 20
TRAIN, HOLDOUT = 12_000, 3000
"""Rows at most on each side."""


def make_decoder(folder: Path, width: int = 64, layers: int = 2) -> Path:
    """Write a GPT-2, small and untrained, that knows no film."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    size = {"n_embd": width, "n_layer": layers, "n_head": 2, "n_positions": LONGEST + 1, "vocab_size": 2}
    GPT2LMHeadModel(GPT2Config(**size, bos_token_id=0, eos_token_id=0)).save_pretrained(folder)
    return folder


def _write_side(ratings: list[Rating], folder: Path) -> None:
    sides: dict[str, list[dict[str, object]]] = {"train": [], "holdout": []}
    for person, films, film in histories(ratings, SHORTEST, LONGEST):
        side = "holdout" if zlib.crc32(person.encode()) % 100 < HOLDOUT_PERCENT else "train"
        sides[side].append({"items": films, "next": film})
    for side, most in {"train": TRAIN, "holdout": HOLDOUT}.items():
        random.Random(0).shuffle(sides[side])
        write_rows(folder / side, sides[side][:most])


def _write(materials: Materials, folder: Path) -> None:
    make_decoder(folder / "model")
    ratings = read_ratings(materials["ratings"])
    _write_side([rating for rating in ratings if rating.time < NEW_YEAR], folder / "before")
    _write_side([rating for rating in ratings if rating.time >= NEW_YEAR], folder / "after")


SCENARIO = Scenario(
    task="recommendation",
    model="GPT-2 of 2 layers over films, from its configuration (SASRec)",
    data="which film is rated next (MovieLens 100K)",
    drift="autumn 1997 → early 1998: other people, newer films",
    metric="hit_at_10",
    columns={"items": "items", "next": "next"},
    hyperparameters={"learning_rate": "3e-3", "epochs": "4", "batch_size": "64"},
    write=_write,
    materials={"ratings": ensure_ratings},
)
