"""What must be true of monitors whose answers are damaged: each says what its own query says alone. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.faults.invariants import Document, Seen

METRIC, WITHIN = "MetricAvailable", "WithinThreshold"
NEAR = 8e-4
"""How far a value may be from the true one: counts are whole numbers, and the status has few digits."""


@dataclass(frozen=True)
class Truth:
    """The value of one monitor's model, and whether it falls below the threshold while the damage is done."""

    good: float
    bad: float | None = None
    passes: bool = False
    """Whether it has values between them as it falls, as a ratio over a window has."""

    def has(self, value: float) -> bool:
        """Return whether this may be a reading of it."""
        known = [self.good] if self.bad is None else [self.good, self.bad]
        within = self.passes and min(known) <= value <= max(known)
        return within or any(abs(value - one) <= NEAR for one in known)


def problems_of(seen: Iterable[Seen], truths: Mapping[str, Truth]) -> list[str]:
    """Return which monitors said at any event what their own query doesn't say."""
    found: dict[str, set[str]] = {}
    for one in sorted(seen, key=lambda one: one.version):
        if one.object["kind"] == "ModelMonitor":
            for words in wrong(one.object, truths):
                found.setdefault(words, set()).add(str(one.object["metadata"]["name"]))
    return [f"{words}: {', '.join(sorted(names)[:3])} ({len(names)} in all)" for words, names in found.items()]


def wrong(monitor: Document, truths: Mapping[str, Truth]) -> list[str]:
    """Return what is wrong in a monitor's status; before its first reading it says nothing."""
    truth, status = truths[monitor["metadata"]["name"]], monitor.get("status", {})
    conditions = {one["type"]: one["status"] for one in status.get("conditions", ())}
    value = (status.get("metric") or {}).get("value")
    found = [f"B1: {METRIC} is {conditions[METRIC]}" for _ in (0,) if conditions.get(METRIC, "True") != "True"]
    if truth.bad is None and conditions.get(WITHIN, "True") == "False":
        found.append("B2: in breach, and its own value isn't")
    if value is not None and not truth.has(float(value)):
        found.append("B3: a value that isn't its own")
    return found


def shown_wrong(shown: Mapping[str, float], truths: Mapping[str, Truth]) -> list[str]:
    """Return the monitors of which a metric shows what isn't their own value."""
    names = sorted(name for name, value in shown.items() if not truths[name].has(value))
    first = f"{names[0]} {shown[names[0]]}" if names else ""
    return [f"B3: {len(names)} metrics show a value that isn't the monitor's: {first}"] if names else []
