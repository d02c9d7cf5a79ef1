"""Text to one of a few labels: sentiment, topics. Any encoder that AutoModelForSequenceClassification knows."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from sklearn.metrics import accuracy_score, f1_score, recall_score
from transformers import AutoModelForSequenceClassification, AutoTokenizer, DataCollatorWithPadding

from refit_trainer.compute import autocast, pick_device
from refit_trainer.data import Roles
from refit_trainer.errors import BadInput
from refit_trainer.rows import Row
from refit_trainer.tasks import Answer, LoadedModel

BATCH = 64  # rows predicted at once
DEFAULT_LENGTH = 512  # tokens, where a model names no limit


class TextClassification:
    """The task `text-classification`."""

    roles = Roles(required=("text", "label"))
    metrics: Mapping[str, bool] = {"accuracy": True, "macro_f1": True, "recall": True}

    def known_labels(self, folder: Path) -> tuple[str, ...] | None:
        """Read the label names from config.json; a model without a classification head knows none."""
        config = json.loads((folder / "config.json").read_text())
        heads = config.get("architectures") or []
        if not any(head.endswith("ForSequenceClassification") for head in heads):
            return None
        names = config.get("id2label") or {str(i): f"LABEL_{i}" for i in range(config.get("num_labels", 2))}
        return tuple(names[key] for key in sorted(names, key=int))

    def check(self, values: Mapping[str, Any], labels: tuple[str, ...] | None) -> str | None:
        """Say what is wrong with a row's text or label."""
        text, label = values["text"], values["label"]
        if not isinstance(text, str) or not text.strip():
            return "text is empty" if isinstance(text, str) else f"text is {text!r}, not a string"
        if isinstance(label, (bool, float, list, dict)) or str(label) == "":
            return f"label is {label!r}, not a name"
        if labels is not None and str(label) not in labels:
            return f"unknown label {str(label)!r}; the model knows {', '.join(labels)}"
        return None

    def load(self, folder: Path, rows: Sequence[Row] = ()) -> LoadedModel:
        """Load network and tokenizer; a new head gets the rows' labels in sorted order."""
        known = self.known_labels(folder)
        labels = known or tuple(sorted({str(row.values["label"]) for row in rows}))
        if len(labels) < 2:
            raise BadInput(f"a classifier needs two labels or more, and the rows have {', '.join(labels) or 'none'}")
        network = _load_network(folder, labels, has_head=known is not None)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        limit = getattr(network.config, "max_position_embeddings", None) or DEFAULT_LENGTH
        tokenizer.model_max_length = min(tokenizer.model_max_length, limit)
        return LoadedModel(network.to(pick_device()), tokenizer, labels)

    def save(self, model: LoadedModel, folder: Path) -> None:
        """Write safetensors, configuration and tokenizer."""
        model.network.save_pretrained(folder)
        model.processor.save_pretrained(folder)

    def encode(self, model: LoadedModel, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Tokenize, cut at the model's length."""
        encoded = model.processor([row.values["text"] for row in rows], truncation=True)
        ids = {label: i for i, label in enumerate(model.labels)}
        return [
            {**{name: encoded[name][i] for name in encoded}, "labels": ids[str(row.values["label"])]}
            for i, row in enumerate(rows)
        ]

    def collator(self, model: LoadedModel) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
        """Pad each batch to its own longest row."""
        pad: Callable[[list[dict[str, Any]]], dict[str, Any]] = DataCollatorWithPadding(model.processor)
        return pad

    def predict(self, model: LoadedModel, rows: Sequence[Row]) -> list[Answer]:
        """Predict in batches of rows of like length, so that little is padded."""
        texts = [row.values["text"] for row in rows]
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        answers: dict[int, Answer] = {}
        model.network.eval()
        with torch.inference_mode(), autocast():
            for start in range(0, len(order), BATCH):
                batch = order[start : start + BATCH]
                answers.update(zip(batch, _predict_batch(model, [texts[i] for i in batch]), strict=True))
        return [answers[i] for i in range(len(texts))]

    def measure(self, rows: Sequence[Row], answers: Sequence[Answer]) -> dict[str, float]:
        """Return accuracy, and F1 and recall as means over the classes."""
        truth = [str(row.values["label"]) for row in rows]
        found = [answer.value for answer in answers]
        return {
            "accuracy": float(accuracy_score(truth, found)),
            "macro_f1": float(f1_score(truth, found, average="macro", zero_division=0)),
            "recall": float(recall_score(truth, found, average="macro", zero_division=0)),
        }


def _load_network(folder: Path, labels: tuple[str, ...], has_head: bool) -> Any:
    network, found = AutoModelForSequenceClassification.from_pretrained(
        folder,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        dtype=torch.float32,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        output_loading_info=True,
    )
    if has_head and found["missing_keys"]:
        raise BadInput(f"{folder}: the weights lack {', '.join(sorted(found['missing_keys'])[:5])}")
    return network


def _predict_batch(model: LoadedModel, texts: list[str]) -> list[Answer]:
    inputs = model.processor(texts, padding=True, truncation=True, return_tensors="pt")
    logits = model.network(**inputs.to(model.network.device)).logits.float()
    scores, indices = logits.softmax(dim=-1).max(dim=-1)
    return [Answer(model.labels[i], s) for i, s in zip(indices.tolist(), scores.tolist(), strict=True)]


TASK = TextClassification()
