"""What works and is most likely not meant so: each check is one mistake. Pure."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from refit_cli.lint.findings import Finding, error, warning
from refit_cli.metric import interval_of, range_of
from refit_operator.api.base import RETRAIN_ANNOTATION, ROLLBACK_ANNOTATION
from refit_operator.api.durations import format_duration
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.training import Better
from refit_operator.run.rules.direction import KNOWN
from refit_operator.target.rules.request import malformed_request

Mistakes = Iterator[Finding]
Check = Callable[[ModelMonitor], Mistakes]
FRESH = timedelta(seconds=30)
"""A sample is as old as the scrape interval, by default a minute in many installations and 15 s in most."""
SHORT_DEADLINE = timedelta(minutes=5)


def threshold_out_of_bounds(m: ModelMonitor) -> Mistakes:
    """No value can be on the good side, or none on the bad one."""
    metric = m.spec.metric
    low, high = metric.bounds.min, metric.bounds.max
    for name, value in (("threshold", metric.threshold), ("recoverAt", metric.recover_at)):
        if value is not None and ((low is not None and value < low) or (high is not None and value > high)):
            bounds = f"metric.bounds {'' if low is None else f'{low:g}'}…{'' if high is None else f'{high:g}'}"
            yield error("threshold-out-of-range", f"spec.metric.{name}", f"{value:g} is outside of {bounds}")


def threshold_in_per_cent(m: ModelMonitor) -> Mistakes:
    """A share is written as per cent."""
    metric = m.spec.metric
    is_share = metric.name in KNOWN and metric.name not in UNBOUNDED
    if is_share and metric.threshold > 1 and "100" not in metric.promql:
        advice = f"write {metric.threshold / 100:g}, or multiply the query by 100"
        yield warning("threshold-out-of-range", "spec.metric.threshold", f"{metric.name} is at most 1: {advice}")


UNBOUNDED = frozenset(
    ["loss", "cross_entropy", "log_loss", "wer", "cer", "mae", "mse", "rmse", "mape", "perplexity", "bleu", "chrf"]
)
"""Metrics that may be above 1."""


def direction_unlikely(m: ModelMonitor) -> Mistakes:
    """The name says that the other side is the bad one."""
    metric, better = m.spec.metric, KNOWN.get(m.spec.metric.name)
    if better and (better is Better.HIGHER) != metric.below:
        right = "Below" if better is Better.HIGHER else "Above"
        message = f"of {metric.name} {'low' if right == 'Below' else 'high'} values are bad: direction {right}?"
        yield warning("direction", "spec.metric.direction", message)


def gate_direction_unlikely(m: ModelMonitor) -> Mistakes:
    """Likewise of the gate's metric."""
    gate, better = m.spec.gate, KNOWN.get(m.spec.gate.metric)
    if better and gate.direction and better is not gate.direction:
        yield warning("direction", "spec.gate.direction", f"of {gate.metric} {better.lower()} values are better")


def cooldown_without_effect(m: ModelMonitor) -> Mistakes:
    """The first reading that counts after a run comes later than the cooldown ends."""
    cooldown, interval = m.spec.policy.cooldown, interval_of(m.spec.metric)
    if cooldown < interval:
        message = (
            f"{format_duration(cooldown)} is shorter than the {format_duration(interval)} between readings: "
            "the next reading after a run may start another one"
        )
        yield warning("cooldown-too-short", "spec.policy.cooldown", message)


def budget_without_effect(m: ModelMonitor) -> Mistakes:
    """The cooldown alone keeps runs rarer than the budget does."""
    budget, cooldown = m.spec.policy.max_runs, m.spec.policy.cooldown
    if budget.per / budget.count < cooldown:
        message = f"holds nothing: cooldown {format_duration(cooldown)} allows fewer runs than {budget.count} in "
        yield warning("budget-without-effect", "spec.policy.maxRuns", message + format_duration(budget.per))


def readings_overlap(m: ModelMonitor) -> Mistakes:
    """The same samples are in several readings, so that M of N isn't M times the evidence."""
    metric, reach = m.spec.metric, range_of(m.spec.metric)
    if metric.query and not metric.samples and metric.interval and metric.interval < reach:
        message = (
            f"readings are {format_duration(metric.interval)} apart and look back {format_duration(reach)}: the same "
            f"outcomes are in several, and breaches.count says less than it seems to; set {format_duration(reach)}"
        )
        yield warning("readings-overlap", "spec.metric.interval", message)


def verification_too_short(m: ModelMonitor) -> Mistakes:
    """The verification is over before it could have found anything."""
    spec, metric = m.spec.verification, m.spec.metric
    settle = range_of(metric) if spec.settle is None else spec.settle
    needed = settle + spec.breaches.count * interval_of(metric)
    if not metric.is_counted and spec.for_ < needed:
        message = (
            f"{format_duration(spec.for_)} ends before verification.breaches.count {spec.breaches.count} readings "
            f"could be: at least {format_duration(needed)} is needed"
        )
        yield warning("verification-too-short", "spec.verification.for", message)


def max_age_too_short(m: ModelMonitor) -> Mistakes:
    """Every value is stale between two scrapes."""
    max_age = m.spec.metric.max_age
    if max_age is not None and max_age < FRESH:
        message = f"{format_duration(max_age)} is most likely less than the scrape interval: values are Stale then"
        yield warning("max-age-too-short", "spec.metric.maxAge", message)


def deadline_too_short(m: ModelMonitor) -> Mistakes:
    """No training ends so soon."""
    deadline = m.spec.training.deadline
    if deadline < SHORT_DEADLINE:
        message = f"{format_duration(deadline)} is for training and judging together"
        yield warning("deadline-too-short", "spec.training.deadline", message)


def gpu_not_limited(m: ModelMonitor) -> Mistakes:
    """The API server refuses pods whose GPUs aren't limited to what they request."""
    requests, limits = m.spec.training.resources.requests, m.spec.training.resources.limits
    for name in (name for name in requests if "/" in name):
        if str(limits.get(name, "")) != str(requests[name]):
            message = f"{name} needs the same amount under limits: pods are refused otherwise"
            yield error("gpu-without-limit", ("spec", "training", "resources", "requests", name), message)


def image_floats(m: ModelMonitor) -> Mistakes:
    """What was judged today may not be what is pulled tomorrow."""
    for field, image in (("spec.training.image", m.spec.training.image), ("spec.gate.image", m.spec.gate.image)):
        name = image.rpartition("/")[2]
        if image and "@" not in name and (":" not in name or name.endswith(":latest")):
            yield warning("image-floats", field, f"{image} has no fixed tag: name a version or a digest")


REQUEST = "request"
"""The rule about annotations by which a run or a rollback is requested."""


def request_in_manifest(m: ModelMonitor) -> Mistakes:
    """A request belongs to one moment; in a repository it is applied again and again."""
    malformed = malformed_request(m.metadata)
    for name in (RETRAIN_ANNOTATION, ROLLBACK_ANNOTATION):
        if name in m.metadata.annotations:
            path = ("metadata", "annotations", name)
            message = "is a request of one moment: leave it out of the file, and use kubectl refit"
            yield error(REQUEST, path, malformed) if malformed.startswith(name) else warning(REQUEST, path, message)


def credentials_in_clear(m: ModelMonitor) -> Mistakes:
    """Anybody on the way reads them."""
    prometheus = m.spec.prometheus
    if prometheus.authentication and prometheus.server_address.startswith("http://"):
        message = f"credentials are sent to {prometheus.server_address} without TLS"
        yield warning("credentials-in-clear", "spec.prometheus.serverAddress", message)


CHECKS: tuple[Check, ...] = (
    threshold_out_of_bounds,
    threshold_in_per_cent,
    direction_unlikely,
    gate_direction_unlikely,
    cooldown_without_effect,
    budget_without_effect,
    readings_overlap,
    verification_too_short,
    max_age_too_short,
    deadline_too_short,
    gpu_not_limited,
    image_floats,
    request_in_manifest,
    credentials_in_clear,
)
