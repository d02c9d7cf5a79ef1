"""Bugs of what a reading of counts says of itself, and of a query whose outcomes are counted."""

from tests.mutants.mutant import Mutant

INTERVAL = ("tests/unit/prometheus/test_interval.py",)
SAMPLES = ("tests/unit/prometheus/test_samples.py",)
SAMPLED = ("tests/unit/monitor/test_samples.py",)

DECIDE = (
    Mutant(
        "an interval's bounds have the whole risk each",
        "prometheus/rules/interval.py",
        "lower_share(good, total, RISK / 2)",
        "lower_share(good, total, RISK)",
        INTERVAL,
    ),
    Mutant(
        "a reading of counts doesn't say how sure it is",
        "prometheus/rules/reading.py",
        "the value is {value:.6g}{_of_outcomes(counts)}",
        "the value is {value:.6g}",
        INTERVAL,
    ),
    Mutant(
        "a value beyond a share has counts",
        "prometheus/rules/counting.py",
        "    if not 0 <= reading.value <= 1:\n        return OutOfRange(reading.value, reading.time)\n    total",
        "    total",
        SAMPLES,
    ),
    Mutant(
        "a value without outcomes is one",
        "prometheus/rules/counting.py",
        "return replace(reading, counts=counts) if counts.total else TooFewSamples(samples.value, reading.time)",
        "return replace(reading, counts=counts)",
        SAMPLES,
    ),
    Mutant(
        "counts of a query decide nothing",
        "api/metric.py",
        "return self.ratio is not None or self.samples is not None",
        "return self.ratio is not None",
        SAMPLED,
    ),
    Mutant(
        "outcomes of readings that overlap count several times",
        "monitor/rules/readiness.py",
        "_nothing_is_enough(o) or _counted_twice(o)",
        "_nothing_is_enough(o)",
        SAMPLED,
    ),
    Mutant(
        "the windows of a query are as long as a ratio's by default",
        "monitor/rules/decision.py",
        "metric.window or DEFAULT_WINDOW if metric.ratio else self.interval",
        "metric.window or DEFAULT_WINDOW",
        SAMPLED,
    ),
    Mutant(
        "another count of outcomes goes on with the evidence",
        "monitor/rules/measure.py",
        '(metric.promql, metric.samples or "", ',
        "(metric.promql, ",
        SAMPLED,
    ),
    Mutant(
        "what counts outcomes may be anything",
        "monitor/observe.py",
        '        yield "metric.samples", metric.samples\n',
        "        yield from ()\n",
        SAMPLED,
    ),
)
