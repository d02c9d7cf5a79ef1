"""What holds a run although the metric is in breach: breaker, cooldown, budget, mass breach, guards. Pure."""

from refit_operator.api.conditions import Reason
from refit_operator.api.durations import format_duration
from refit_operator.api.policy import Guard
from refit_operator.monitor.rules.decision import Hold, Observed
from refit_operator.monitor.rules.history import budget_frees, fruitless_runs
from refit_operator.prometheus.rules.reading import Reading, Value, describe


def breaker_is_closed(o: Observed) -> Hold | None:
    """The last runs weren't all for nothing: a threshold that nobody can reach stops after a few tries."""
    row = fruitless_runs(o)
    if row < o.monitor.spec.policy.give_up_after:
        return None
    runs = "the last run" if row == 1 else f"the last {row} runs"
    message = f"{runs} didn't bring {o.monitor.spec.metric.name} back (policy.giveUpAfter); "
    return Hold(Reason.GAVE_UP, message + "change the spec or request a run to go on")


def cooldown_is_over(o: Observed) -> Hold | None:
    """Enough time has passed since the last run's end."""
    ends = o.cooldown_ends
    if ends is None or o.now >= ends:
        return None
    cooldown = format_duration(o.monitor.spec.policy.cooldown)
    return Hold(Reason.COOLING_DOWN, f"policy.cooldown {cooldown} ends at {ends:%H:%M:%S} UTC")


def budget_is_left(o: Observed) -> Hold | None:
    """Not all runs of this stretch of time are used up; those that a person requested count, and are held as well."""
    frees, budget = budget_frees(o), o.monitor.spec.policy.max_runs
    if frees is None:
        return None
    spent = f"policy.maxRuns {budget.count} in {format_duration(budget.per)} have started"
    return Hold(Reason.BUDGET_SPENT, f"{spent}; the next may start at {frees:%Y-%m-%d %H:%M:%S} UTC")


def no_mass_breach(o: Observed) -> Hold | None:
    """The metric is the suspect only if most others of its server are well."""
    mass = o.mass_breach
    if mass is None:
        return None
    message = (
        f"{mass.together} of {mass.monitors} monitors of {mass.server} fell into breach within "
        f"{format_duration(mass.span)}: look at the metrics first (REFIT_ALLOW_MASS_RETRAIN overrides)"
    )
    return Hold(Reason.MASS_BREACH, message)


def guards_hold(o: Observed) -> Hold | None:
    """Every guard gives a value on its good side; guards that nobody asked yet don't hold."""
    guards = o.monitor.spec.guards
    if guards and o.guards is None:
        return Hold(Reason.GUARD_FAILED, "the guards weren't asked")
    objections = (_objection(guard, reading) for guard, reading in zip(guards, o.guards or (), strict=True))
    return next((Hold(Reason.GUARD_FAILED, objection) for objection in objections if objection), None)


def no_guard_failed(o: Observed) -> Hold | None:
    """No guard that was asked failed."""
    return None if o.guards is None else guards_hold(o)


def _objection(guard: Guard, reading: Reading) -> str:
    if not isinstance(reading, Value):
        return f"guard {guard.name}: {describe(reading)}"
    if guard.at_least is not None and reading.value < guard.at_least:
        return f"guard {guard.name}: {reading.value:.6g} < atLeast {guard.at_least:.6g}"
    if guard.at_most is not None and reading.value > guard.at_most:
        return f"guard {guard.name}: {reading.value:.6g} > atMost {guard.at_most:.6g}"
    return ""
