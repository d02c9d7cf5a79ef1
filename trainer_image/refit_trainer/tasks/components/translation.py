"""Models that read one text and write another: loading them, their answers, and how near these are."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from sacrebleu.metrics import CHRF
from transformers import AutoModelForSeq2SeqLM, LogitsProcessor, LogitsProcessorList
from transformers.models.auto.modeling_auto import MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES as HEADS

from refit_trainer.contract.errors import BadInput
from refit_trainer.tasks import LoadedModel, Prediction
from refit_trainer.tasks.components.answer_match import is_same
from refit_trainer.tasks.components.heads import check_whole, read_config
from refit_trainer.tasks.components.processors import OFFLINE

LONGEST = 128
"""Tokens of an answer, where a model names no limit."""
CACHED = 100_000  # pairs of texts
METRIC = CHRF()


def has_decoder_head(folder: Path) -> bool:
    """Tell whether a model writes text; raise BadInput where its kind can't read one text and write another."""
    config = read_config(folder)
    kind, architectures = config.get("model_type"), config.get("architectures")
    if kind not in HEADS:
        raise BadInput(f"{folder}: model_type {kind!r:.60} in config.json doesn't read a text and write another")
    return isinstance(architectures, list) and HEADS[kind] in architectures


def load_seq2seq(folder: Path, has_head: bool) -> Any:
    """Load a network in fp32; raise BadInput where its own weights are lacking."""
    network, found = AutoModelForSeq2SeqLM.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **OFFLINE
    )
    new = () if has_head else ("lm_head", "final_logits_bias")
    check_whole(folder, found["missing_keys"], new)
    return network


def allow_answers_of(network: Any, tokenizer: Any, targets: Sequence[str]) -> None:
    """Have answers be written greedily, as long as the longest target or as the model's own limit, whichever is more.

    What a library writes into a model that nobody configured, 20 tokens, is no limit of the model's own.
    """
    settings = network.generation_config
    own = settings.max_new_tokens or (settings.max_length if settings.max_length != 20 else None)
    wanted = max((len(ids) for ids in tokenizer(text_target=list(targets)).input_ids), default=0) if targets else 0
    places = getattr(network.config, "max_position_embeddings", None)
    limit = max(own or 0, wanted) or LONGEST
    settings.max_new_tokens = min(limit, places - 1) if isinstance(places, int) and places > 1 else limit
    settings.max_length = None
    settings.do_sample, settings.num_beams = False, 1
    settings.temperature = settings.top_p = settings.top_k = None
    settings.early_stopping, settings.length_penalty = False, 1.0


def write_answers(model: LoadedModel, texts: Sequence[str]) -> list[Prediction]:
    """Return the answers to a batch of texts."""
    inputs = model.processor(list(texts), truncation=True, padding=True, return_tensors="pt")
    given = {name: inputs[name].to(model.network.device) for name in ("input_ids", "attention_mask")}
    sure = _Confidence()
    written = model.network.generate(**given, logits_processor=LogitsProcessorList([sure]))
    answers = model.processor.batch_decode(written, skip_special_tokens=True)
    lengths = _count_tokens(written[:, -len(sure.logs) :], model.network.generation_config.eos_token_id)
    logs = torch.stack(sure.logs, dim=1).cpu()
    means = [float(own[:length].mean().exp()) for own, length in zip(logs, lengths, strict=True)]
    return [Prediction(answer.strip(), min(1.0, mean)) for answer, mean in zip(answers, means, strict=True)]


class _Confidence(LogitsProcessor):  # type: ignore[misc]
    """Notes at each place the logarithm of the likeliest token's probability, which is the token that is written."""

    def __init__(self) -> None:
        self.logs: list[Any] = []

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        self.logs.append(scores.float().log_softmax(dim=-1).max(dim=-1).values)
        return scores


def _count_tokens(written: Any, end: Any) -> list[int]:
    """Return how many tokens each answer has, the one for its end included; what follows is padding."""
    ends = end if isinstance(end, list) else [end]
    rows = written.tolist()
    return [next((at + 1 for at, token in enumerate(row) if token in ends), len(row)) for row in rows]


def measure_texts(found: Sequence[str], true: Sequence[str]) -> dict[str, float]:
    """Return the share of texts that are the same, and the mean of their chrF, from 0 to 1.

    chrF is the F-score of n-grams of letters, recall weighing twice (M. Popović, "chrF: character n-gram F-score for
    automatic MT evaluation", WMT 2015), by sacreBLEU; here it is the mean over the texts, each counting alike.
    """
    pairs = list(zip(found, true, strict=True))
    return {
        "exact_match": sum(is_same(*pair) for pair in pairs) / len(pairs),
        "chrf": sum(_chrf(*pair) for pair in pairs) / len(pairs),
    }


@lru_cache(maxsize=CACHED)
def _chrf(found: str, true: str) -> float:
    return float(METRIC.sentence_score(found, [true]).score) / 100
