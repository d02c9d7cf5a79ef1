"""Dates to ISO 8601: as Germans write them, then as Americans do.

The ways are those of the Unicode CLDR, which Babel ships. Days in the holdout aren't among those learnt from.
"""

import importlib
import random
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks.byte_tokenizer import make_byte_tokenizer
from benchmarks.rows import write_rows
from benchmarks.tasks import Materials, Scenario
from demo.data import download
from localcluster.made_once import make_once

PACKAGE = "babel==2.18.0"
STYLES = ("short", "medium", "long", "full")
FIRST, DAYS = date(1970, 1, 1), 20_000
TRAIN, HOLDOUT = 4000, 400


def ensure_locales() -> Path:
    """Return the folder with Babel, made first where it isn't there; it appears whole or not at all."""
    return make_once("locales", Path(__file__), _make)


def _make(scratch: Path, target: Path) -> None:
    with zipfile.ZipFile(download(PACKAGE, scratch, "--only-binary=:all:")) as wheel:
        wheel.extractall(target)


def make_llama(folder: Path, width: int = 96, layers: int = 3) -> Path:
    """Write a Llama, small and untrained, that reads and writes bytes."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = make_byte_tokenizer(length=96)
    size = {"hidden_size": width, "num_hidden_layers": layers, "intermediate_size": 3 * width}
    shape = {"num_attention_heads": 4, "num_key_value_heads": 4, "max_position_embeddings": 96}
    ids = {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.eos_token_id}
    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **size, **shape, **ids)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_dates(locales: Path, folder: Path, locale: str, seed: int) -> None:
    """Write rows, `train` and `holdout`, of days that are drawn, in a style that is drawn."""
    if str(locales) not in sys.path:
        sys.path.append(str(locales))
    format_date = importlib.import_module("babel.dates").format_date
    draw = random.Random(seed)
    days = [FIRST + timedelta(number) for number in draw.sample(range(DAYS), TRAIN + HOLDOUT)]
    rows = [
        {"prompt": format_date(day, draw.choice(STYLES), locale=locale) + " = ", "completion": day.isoformat()}
        for day in days
    ]
    write_rows(folder / "train", rows[:TRAIN])
    write_rows(folder / "holdout", rows[TRAIN:])


def _write(materials: Materials, folder: Path) -> None:
    make_llama(folder / "model")
    write_dates(materials["locales"], folder / "before", "de_DE", seed=1)
    write_dates(materials["locales"], folder / "after", "en_US", seed=2)


SCENARIO = Scenario(
    task="text-generation",
    model="Llama of 3 layers over bytes, from its configuration",
    data="dates as they are written (Unicode CLDR, by Babel) → ISO 8601",
    drift="written by Germans → by Americans",
    metric="exact_match",
    also=("loss", "perplexity"),
    columns={"prompt": "prompt", "completion": "completion"},
    hyperparameters={"learning_rate": "2e-3", "epochs": "6", "batch_size": "32"},
    write=_write,
    materials={"locales": ensure_locales},
)
