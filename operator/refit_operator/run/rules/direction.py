"""On which side the gate's metric is better, and who says so: the monitor, the judge, or the metric's name. Pure.

A name that is in neither list is never guessed at: the worse of two models would be taken for the better one.
"""

from dataclasses import dataclass

from refit_operator.api.training import Better

EVALUATION_PREFIX = "eval_"
"""What Hugging Face's Trainer puts before the name of a metric that was measured on held-out rows."""

_HIGHER = (
    "accuracy balanced_accuracy top_5_accuracy exact_match precision recall f1 macro_f1 micro_f1 weighted_f1 auc "
    "roc_auc pr_auc average_precision matthews_correlation r2 map map_50 map_75 recall_100 hit_at_10 ndcg_at_10 mrr "
    "bleu chrf rouge1 rouge2 rougeL iou dice"
)
_LOWER = "loss cross_entropy log_loss wer cer mae mse rmse mape perplexity error_rate"
KNOWN = {**dict.fromkeys(_HIGHER.split(), Better.HIGHER), **dict.fromkeys(_LOWER.split(), Better.LOWER)}


@dataclass(frozen=True)
class Direction:
    """The better side, and where that is known from."""

    better: Better
    source: str

    def __str__(self) -> str:
        return f"{self.better.lower()} is better ({self.source})"


def direction_of(metric: str, specified: Better | None, reported: Better | None) -> Direction | None:
    """Return which side is better; None where neither says, and no list has the name."""
    if specified:
        return Direction(specified, "gate.direction")
    if reported:
        return Direction(reported, "the judge's report")
    known = KNOWN.get(metric.removeprefix(EVALUATION_PREFIX))
    return Direction(known, "by the metric's name") if known else None
