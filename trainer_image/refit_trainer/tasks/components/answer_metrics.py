"""The metrics of generated text, and each row's part in them, by which two models are compared on the same rows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from refit_trainer.contract.config import Generation
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction, Tally
from refit_trainer.tasks.components.answer_match import is_same, is_same_by_pattern, is_within
from refit_trainer.tasks.components.conversations import learnt_texts
from refit_trainer.tasks.components.generation import generate
from refit_trainer.tasks.components.likelihood import count_learnt, negative_log_likelihoods
from refit_trainer.tasks.components.tokens import (
    IGNORED_LABEL,
    Example,
    cut,
    cut_prompt,
    encode_prompt,
    encode_row,
    find_ends,
)

LIKELIHOOD = ("loss", "perplexity", "bits_per_byte")
GENERATED = ("exact_match", "contains", "regex_match")
METRICS: Mapping[str, bool] = {
    **dict.fromkeys(LIKELIHOOD, False),
    **dict.fromkeys(GENERATED, True),
    "choice_accuracy": True,
}
LARGEST_EXPONENT = 700.0  # of what a float can hold


@dataclass(frozen=True, slots=True)
class Judging:
    """What a gate asks for."""

    metric: str
    generation: Generation | None
    """How answers are generated; None where none are."""
    has_choices: bool
    """Whether rows have answers to choose from."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that are measured."""
        with_pattern = bool(self.generation and self.generation.answer_pattern)
        generated = GENERATED if with_pattern else GENERATED[:2]
        chosen = ("choice_accuracy",) if self.has_choices else ()
        return (*LIKELIHOOD, *(generated if self.generation else ()), *chosen)


def judge_rows(model: LoadedModel, rows: Sequence[Row], judging: Judging) -> list[Prediction]:
    """Return what the metrics are made of.

    A value is an object: `nll` of the row's own answer in nats, its `tokens` and `bytes`; `text` as generated;
    `choice`, the likeliest of the row's choices. The score is the mean probability of a token, by its logarithm.
    """
    found = _weigh(model, rows)
    if judging.generation:
        answers = _generate(model, rows, judging.generation)
        found = [one | {"text": _read(model, answer)} for one, answer in zip(found, answers, strict=True)]
    if judging.has_choices:
        found = [one | {"choice": choice} for one, choice in zip(found, _choose(model, rows), strict=True)]
    return [Prediction(one, math.exp(-one["nll"] / one["tokens"])) for one in found]


def serve_rows(model: LoadedModel, rows: Sequence[Row], how: Generation) -> list[Prediction]:
    """Return an answer to each row's prompt; the score is the mean probability of its tokens, by its logarithm."""
    answers = _generate(model, rows, how)
    sums = _likelihoods(model, answers)
    return [
        Prediction(_read(model, one), math.exp(-nll / max(1, count_learnt(one))))
        for one, nll in zip(answers, sums, strict=True)
    ]


def tally(prediction: Any, truth: Any, judging: Judging | None) -> Tally:
    """Return a row's errors in the gate's metric: nats of its tokens, bits of its bytes, or one, right or wrong."""
    if judging is None:
        return Tally(float(not is_same(str(prediction), str(truth))))
    metric = judging.metric
    if metric == "bits_per_byte":
        return Tally(prediction["nll"] / math.log(2), prediction["bytes"])
    if metric in LIKELIHOOD:
        return Tally(prediction["nll"], prediction["tokens"])
    return Tally(float(not _is_right(metric, prediction, str(truth), judging)))


def measure(rows: Sequence[Row], predictions: Sequence[Prediction], judging: Judging) -> dict[str, float]:
    """Return the metrics: perplexity is e to the loss, the mean over all answers' tokens."""
    nats = sum(one.value["nll"] for one in predictions)
    loss = nats / sum(one.value["tokens"] for one in predictions)
    size = sum(one.value["bytes"] for one in predictions)
    found = {
        "loss": loss,
        "perplexity": math.exp(min(loss, LARGEST_EXPONENT)),
        "bits_per_byte": nats / math.log(2) / size,
    }
    truths = [str(row.values["completion"]) for row in rows]
    for metric in judging.metrics[len(LIKELIHOOD) :]:
        right = [_is_right(metric, one.value, truth, judging) for one, truth in zip(predictions, truths, strict=True)]
        found[metric] = sum(right) / len(right)
    return found


def unit(metric: str, predictions: Sequence[Prediction]) -> float:
    """Return how much one input may count for in a metric: its own loss, and 1 where it is right or wrong.

    Perplexity is e to the loss, so it changes with a loss by itself times as much, and can't fall by more than itself.
    """
    if metric not in LIKELIHOOD:
        return 1.0
    nats = [one.value["nll"] for one in predictions]
    sizes = [one.value["bytes" if metric == "bits_per_byte" else "tokens"] for one in predictions]
    largest = float(max(nat / size for nat, size in zip(nats, sizes, strict=True)))
    mean = sum(nats) / sum(sizes)
    if metric == "bits_per_byte":
        return largest / math.log(2)
    if metric == "perplexity":
        return math.exp(min(mean, LARGEST_EXPONENT)) * min(1.0, largest)
    return largest


def _is_right(metric: str, prediction: Mapping[str, Any], truth: str, judging: Judging) -> bool:
    if metric == "choice_accuracy":
        return bool(prediction["choice"] == truth)
    if metric == "regex_match":
        pattern = judging.generation.answer_pattern if judging.generation else ""
        return is_same_by_pattern(prediction["text"], truth, pattern)
    return (is_same if metric == "exact_match" else is_within)(prediction["text"], truth)


def _weigh(model: LoadedModel, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return how likely each row's own answer is."""
    encoded = [_encode(model, row) for row in rows]
    sums = iter(_likelihoods(model, [one for examples in encoded for one in examples]))
    return [
        {
            "nll": sum(next(sums) for _ in examples),
            "tokens": sum(map(count_learnt, examples)),
            "bytes": _count_bytes(row),
        }
        for row, examples in zip(rows, encoded, strict=True)
    ]


def _count_bytes(row: Row) -> int:
    """Return the bytes of a row's answers in UTF-8."""
    texts = learnt_texts(row.values["prompt"], row.values["completion"])
    return sum(len(text.encode(errors="replace")) for text in texts)


def _choose(model: LoadedModel, rows: Sequence[Row]) -> list[str]:
    """Return the likeliest of each row's choices: of all that could be said, said just so and then ended."""
    encoded = [[_encode(model, row, choice)[-1] for choice in row.values["choices"]] for row in rows]
    sums = iter(_likelihoods(model, [one for examples in encoded for one in examples]))
    chosen = []
    for row in rows:
        weighed = [(next(sums), choice) for choice in row.values["choices"]]
        chosen.append(str(min(weighed, key=lambda pair: pair[0])[1]))
    return chosen


def _encode(model: LoadedModel, row: Row, completion: str | None = None) -> list[Example]:
    tokenizer = model.processor
    return [cut(one, tokenizer, tokenizer.model_max_length) for one in encode_row(tokenizer, row, completion)]


def _likelihoods(model: LoadedModel, examples: Sequence[Example]) -> list[float]:
    return negative_log_likelihoods(model.network, examples, model.processor.pad_token_id)


def _generate(model: LoadedModel, rows: Sequence[Row], how: Generation) -> list[Example]:
    """Return each prompt's tokens and those of its answer, which have labels."""
    tokenizer, network = model.processor, model.network
    length = tokenizer.model_max_length - how.max_new_tokens
    if length < 1:
        raise BadInput(
            f"gate.generation.maxNewTokens={how.max_new_tokens} (MAX_NEW_TOKENS of the server) leaves no room for a "
            f"prompt: the model takes {tokenizer.model_max_length} tokens in all"
        )
    prompts = [cut_prompt(encode_prompt(tokenizer, row), tokenizer, length) for row in rows]
    answers = generate(network, tokenizer.pad_token_id, prompts, find_ends(tokenizer, network), how)
    return [
        Example((*prompt, *answer), (*(IGNORED_LABEL for _ in prompt), *answer))
        for prompt, answer in zip(prompts, answers, strict=True)
    ]


def _read(model: LoadedModel, answer: Example) -> str:
    said = [label for label in answer.labels if label != IGNORED_LABEL]
    return str(model.processor.decode(said, skip_special_tokens=True)).strip()
