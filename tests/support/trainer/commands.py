"""What several test modules need: configurations, commands run as processes, a tiny BERT."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
SENTENCES = ROOT / "tests/trainer/sentences.jsonl"
COLUMNS = {"text": "text", "label": "label"}


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def train_config(start: Path, rows: Path, output: Path, uid: str = "uid-1", **changes: Any) -> dict[str, Any]:
    return {
        "task": "text-classification",
        "startFrom": {"uri": start.as_uri()},
        "dataset": {"train": rows.as_uri(), "format": "jsonl", "columns": COLUMNS},
        "hyperparameters": {"learning_rate": "5e-3", "batch_size": "16", "epochs": "2"},
        "output": output.as_uri(),
        "run": {"name": "reviews-1", "uid": uid, "ordinal": 1},
    } | changes


def judge_config(candidate: Path, holdout: Path, served: Path | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "task": "text-classification",
        "candidate": {"uri": candidate.as_uri()},
        **({"served": {"uri": served.as_uri()}} if served else {}),
        "dataset": {"holdout": holdout.as_uri(), "format": "jsonl", "columns": COLUMNS | {"slice": "domain"}},
        "gate": {"metric": "accuracy"},
        "run": {"name": "reviews-1", "uid": "uid-1", "ordinal": 1},
    } | changes


@dataclass(frozen=True)
class Ended:
    """A finished command: exit code, termination message, output."""

    code: int
    message: dict[str, Any]
    output: str


def environment(folder: Path, **variables: str) -> dict[str, str]:
    own = {"PYTHONPATH": str(ROOT / "trainer_image"), "REFIT_TERMINATION_LOG": str(folder / "termination-log")}
    return {**os.environ, **own, **variables}


def start_command(command: str, config: Any, folder: Path, **variables: str) -> subprocess.Popen[str]:
    text = config if isinstance(config, str) else json.dumps(config)
    return subprocess.Popen(
        [sys.executable, "-m", "refit_trainer", command],
        env=environment(folder, REFIT_CONFIG=text, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str], folder: Path, within_s: float = 120) -> Ended:
    output, _ = process.communicate(timeout=within_s)
    log = folder / "termination-log"
    return Ended(process.returncode, json.loads(log.read_text()) if log.exists() else {}, output)


def run_command(command: str, config: Any, folder: Path, **variables: str) -> Ended:
    return finish(start_command(command, config, folder, **variables), folder)


def make_tiny_bert(folder: Path, texts: list[str]) -> Path:
    """Write a BERT of the real architecture, small and untrained, without a head."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True)
    words = BertWordPieceTokenizer({piece: number for number, piece in enumerate(_pieces(texts))})
    words.save(str(folder / "words.json"))
    tokenizer = BertTokenizerFast(tokenizer_file=str(folder / "words.json"), model_max_length=64)
    (folder / "words.json").unlink()
    torch.manual_seed(0)
    size = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **size)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _pieces(texts: list[str]) -> list[str]:
    """Return a vocabulary: the letters, then the most frequent words.

    Training one, as `tokenizers` does it, breaks ties as they come: each process would have a model of its own.
    """
    counts = Counter(re.findall(r"\w+|[^\w\s]", " ".join(texts).lower()))
    letters = sorted({letter for word in counts for letter in word})
    words = sorted(counts, key=lambda word: (-counts[word], word))
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return list(dict.fromkeys([*special, *letters, *(f"##{letter}" for letter in letters), *words]))[:1500]
