"""How many outcomes a window had, and how many of them were good: the query that asks, and what its answer says. Pure.

`increase` extrapolates from the samples in a window to its edges, by one part in m where there are m: outcomes that no
sample has shown would count as seen, and evidence would be overstated. So each series' increase is taken less that
part. What is no whole number all the same is rounded towards the good side.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from math import ceil, floor

from refit_operator.api.durations import format_duration
from refit_operator.prometheus.rules.reading import Bounds, Counts, OutOfRange, Reading, TooFewSamples, Value, is_within
from refit_operator.prometheus.rules.tokens import QueryInvalid, tokens_of
from refit_operator.prometheus.rules.window import Window

PART = "refit_part"
"""The label by which the answer's two series differ."""
GOOD, TOTAL = "good", "total"
_EXACT = 1e-6
"""What arithmetic may leave of a whole number."""


def selector_objection(text: str) -> str:
    """Return why the text isn't one series selector, which a range can follow; empty where it is."""
    try:
        tokens = tokens_of(text)
    except QueryInvalid as error:
        return str(error)
    outside = [token for token in tokens if token.kind != "space" and not token.in_braces and token.text != "}"]
    alone = [token.kind for token in outside] in ([], ["name"])
    braces = [token.text for token in tokens if token.text in ("{", "}") and token.kind == "symbol"]
    commented = any(token.kind == "space" and "#" in token.text for token in tokens)
    if alone and text.strip() and braces in ([], ["{", "}"]) and not commented:
        return ""
    example = 'refit_serve_predictions_judged_total{app="reviews"}'
    return f"one series selector is needed, such as {example}, without range and function"


def counting_query(good: str, total: str, window: timedelta) -> str:
    """Return the query for both counts: of selectors whose variables are filled in, over the window up to its time."""
    parts = ((good, GOOD), (total, TOTAL))
    return " or ".join(f'label_replace({count_of(text, window)}, "{PART}", "{part}", "", "")' for text, part in parts)


def count_of(selector: str, window: timedelta, labels: Sequence[str] = ()) -> str:
    """Return the query for one count, or for one of each group of labels' values."""
    ranged = f"{selector}[{format_duration(window)}]"
    by = f" by ({', '.join(labels)}) " if labels else ""
    return f"sum{by}(increase({ranged}) * (1 - 1 / count_over_time({ranged})))"


def read_ratio(good: Iterable[Reading], total: Iterable[Reading], below: bool, bounds: Bounds) -> Window:
    """Return the readings of the ratio, each with its counts."""
    return tuple(_reading(part, whole, below, bounds) for part, whole in zip(good, total, strict=True))


def _reading(good: Reading, total: Reading, below: bool, bounds: Bounds) -> Reading:
    """No series are an outage, and `TooFewSamples` series that counted nothing: labels that stop."""
    if not isinstance(total, Value):
        return total
    if not isinstance(good, Value):
        return good
    if not -_EXACT <= good.value <= total.value + _EXACT:
        return OutOfRange(good.value / total.value if total.value else good.value, total.time)
    counts = _whole(good.value, total.value, below)
    if not counts.total:
        return TooFewSamples(0, total.time)
    value = counts.good / counts.total
    return Value(value, total.time, counts) if is_within(value, bounds) else OutOfRange(value, total.time)


def with_counts(values: Iterable[Reading], samples: Iterable[Reading], below: bool) -> Window:
    """Return the readings of a query's share with the counts behind each; a value without is none."""
    return tuple(_with_count(value, count, below) for value, count in zip(values, samples, strict=True))


def _with_count(reading: Reading, samples: Reading, below: bool) -> Reading:
    if not isinstance(reading, Value):
        return reading
    if not isinstance(samples, Value):
        return samples
    if not 0 <= reading.value <= 1:
        return OutOfRange(reading.value, reading.time)
    total = max(0.0, samples.value)
    counts = _whole(reading.value * total, total, below)
    return replace(reading, counts=counts) if counts.total else TooFewSamples(samples.value, reading.time)


def _whole(good: float, total: float, below: bool) -> Counts:
    """Return whole numbers: what is bad is rounded down, what isn't is rounded up."""
    part, rest = (_up(good), _down(total - good)) if below else (_down(good), _up(total - good))
    return Counts(part, part + rest)


def _down(count: float) -> int:
    return max(0, floor(count + _EXACT))


def _up(count: float) -> int:
    return max(0, ceil(count - _EXACT))
