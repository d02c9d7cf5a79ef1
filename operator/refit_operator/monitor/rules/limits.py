"""What holds a run although the metric is in breach: breaker, cooldown, budget, mass breach, guards. Pure."""

from refit_operator.api.durations import format_duration
from refit_operator.api.policy import Guard
from refit_operator.api.reasons import Reason
from refit_operator.monitor.rules.decision import Hold, Observed
from refit_operator.monitor.rules.history import budget_frees, fruitless_runs
from refit_operator.monitor.rules.readiness import READINESS
from refit_operator.prometheus.rules.reading import Reading, Value, describe
from refit_operator.target.rules.in_place import InPlaceTarget
from refit_operator.target.rules.pod_models import silent_pods


def gave_up(o: Observed) -> Hold | None:
    """Hold once policy.giveUpAfter runs in a row didn't restore the metric: the threshold may be out of reach."""
    row = fruitless_runs(o)
    if row < o.monitor.spec.policy.give_up_after:
        return None
    runs = "the last run" if row == 1 else f"the last {row} runs"
    message = f"{runs} didn't restore {o.monitor.spec.metric.name} (policy.giveUpAfter); "
    return Hold(Reason.GAVE_UP, message + "change the spec or request a run to go on")


def cooling_down(o: Observed) -> Hold | None:
    """Hold for policy.cooldown after the last run's end."""
    ends = o.cooldown_ends
    if ends is None or o.now >= ends:
        return None
    cooldown = format_duration(o.monitor.spec.policy.cooldown)
    return Hold(Reason.COOLING_DOWN, f"policy.cooldown {cooldown} ends at {ends:%H:%M:%S} UTC")


def budget_spent(o: Observed) -> Hold | None:
    """Hold while policy.maxRuns have started within its time; requested runs count, and are held as well."""
    frees, budget = budget_frees(o), o.monitor.spec.policy.max_runs
    if frees is None:
        return None
    spent = f"policy.maxRuns {budget.count} in {format_duration(budget.per)} have started"
    return Hold(Reason.BUDGET_SPENT, f"{spent}; the next may start at {frees:%Y-%m-%d %H:%M:%S} UTC")


def target_halted(o: Observed) -> Hold | None:
    """Hold while the target could roll nothing out: no GPU is spent on what can't be promoted."""
    obstacle = o.target.obstacle if o.target else ""
    if not o.target or not obstacle:
        return None
    return Hold(Reason.TARGET_HALTED, f"{o.target.name} could roll nothing out: {obstacle}")


def rollout_stuck(o: Observed) -> Hold | None:
    """Hold while a rollout of the target is over its progress deadline halfway: the next one would most likely be too.

    Whoever requests a run may know better.
    """
    stuck = o.target.stuck if o.target else ""
    if not o.target or not stuck:
        return None
    return Hold(Reason.ROLLOUT_STUCK, f"a rollout of {o.target.name} is over its progressDeadlineSeconds: {stuck}")


def no_room(o: Observed) -> Hold | None:
    """Hold while a quota allows no pod of the candidate beside those that serve."""
    if not o.target or not o.lack_of_room:
        return None
    return Hold(Reason.NO_ROOM, f"{o.target.name} replaces no pod before one more is there: {o.lack_of_room}")


def pod_silent(o: Observed) -> Hold | None:
    """Hold while a pod that is updated in place doesn't say what it answers with: no promotion could be verified."""
    silent = silent_pods(o.target.pods) if isinstance(o.target, InPlaceTarget) else ""
    return Hold(Reason.POD_SILENT, silent) if silent else None


def mass_breach(o: Observed) -> Hold | None:
    """Hold while most that ask the server fell into breach together: the server is suspected, not the models."""
    mass = o.mass_breach
    if mass is None:
        return None
    message = (
        f"{mass.together} of {mass.total} {mass.scope} of {mass.server} fell into breach within "
        f"{format_duration(mass.span)}: check that server and its metrics (REFIT_ALLOW_MASS_RETRAIN overrides)"
    )
    return Hold(Reason.MASS_BREACH, message)


def counts_for_mass_breach(o: Observed) -> bool:
    """Return whether the monitor's breach says anything of its server: it is at work, and could start a run."""
    return not o.monitor.spec.suspend and not any(check(o) for check in READINESS)


def guard_failed(o: Observed) -> Hold | None:
    """Hold while a guard that was queried gives no value, or one on its wrong side."""
    guards = () if o.guards is None else zip(o.monitor.spec.guards, o.guards, strict=True)
    objections = (_objection(guard, reading) for guard, reading in guards)
    return next((Hold(Reason.GUARD_FAILED, objection) for objection in objections if objection), None)


def guards_not_queried(o: Observed) -> Hold | None:
    """Hold where there are guards and this reconciliation didn't query them."""
    unknown = o.monitor.spec.guards and o.guards is None
    return Hold(Reason.GUARDS_NOT_QUERIED, "the guards weren't queried") if unknown else None


def _objection(guard: Guard, reading: Reading) -> str:
    if not isinstance(reading, Value):
        return f"guard {guard.name}: {describe(reading)}"
    if guard.at_least is not None and reading.value < guard.at_least:
        return f"guard {guard.name}: {reading.value:.6g} < atLeast {guard.at_least:.6g}"
    if guard.at_most is not None and reading.value > guard.at_most:
        return f"guard {guard.name}: {reading.value:.6g} > atMost {guard.at_most:.6g}"
    return ""
