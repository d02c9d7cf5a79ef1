"""The choice in words, and as the YAML to paste."""

import math
from collections.abc import Sequence

from refit_calibrate.choose import DAY, HOUR, Choice, Plan
from refit_calibrate.windows import WindowChoice

TOO_MANY = 4.0  # false runs a month
TOO_LATE = 86400.0  # seconds until a drift is in breach


def write_yaml(choice: Choice, plan: Plan, source: str) -> str:
    """Return the part of a ModelMonitor's `spec.metric`, with the reasons as comments."""
    recover = round((choice.threshold + choice.accuracy) / 2, 3)
    low, high = choice.range
    return f"""\
# Calibrated on {source}: accuracy {choice.accuracy:.3f}, {plan.labels} labels a reading.
# The threshold lies {choice.distance:.1f} standard deviations of a reading below it; without a block: {low}..{high}.
# {format_false_rate(choice)}, and a drift is in breach after {format_duration(choice.lag)} on average.
metric:
  threshold: {choice.threshold}
  recoverAt: {recover}
  interval: {format_interval(plan.interval)}
  breaches: {{count: {plan.rule.count}, outOf: {plan.rule.out_of}}}
"""


def write_by_window(choices: Sequence[WindowChoice], best: WindowChoice, plan: Plan, source: str) -> str:
    """Return the part of a ModelMonitor's `spec.metric` for two counters, with what each window implies as comments."""
    rows = "".join(f"{_row(choice, plan, choice is best)}\n" for choice in choices)
    low, high = best.range
    allowed = f"{plan.at_most} false run{'s' if plan.at_most > 1 else ''} in {plan.per / DAY:g} days"
    return f"""\
# Calibrated on {source}: accuracy {best.accuracy:.3f}, {plan.labels} labels in {format_interval(plan.interval)}.
# At most {allowed} by chance; without a block the threshold is {low}..{high}.
# The window that costs least, or about as little and is shorter, has an arrow. Mean times from a drift to the breach:
# {_columns("window", "labels", "threshold", "the drift", f"a fall by {plan.drop:g}", "false runs a month")}
{rows}metric:
  # ratio: the counters of the right ones and of all that have a label
  threshold: {best.threshold}
  recoverAt: {round((best.threshold + best.accuracy) / 2, 3)}
  window: {format_interval(best.window)}
  falseRuns: {{atMost: {plan.at_most}, per: {plan.per / HOUR:.0f}h}}
"""


def _columns(*cells: str) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, (6, 6, 9, 14, 14, 0), strict=True)).rstrip()


def _row(choice: WindowChoice, plan: Plan, is_best: bool) -> str:
    labels = f"{plan.labels * choice.window / plan.interval:.4g}"
    times = _mean_time(choice.lag, plan.longest), _mean_time(choice.lag_of_drop, math.inf)
    false = f"at most {choice.promised:.2g}, here {choice.expected:.2g}"
    cells = _columns(format_interval(choice.window), labels, f"{choice.threshold:.3f}", *times, false)
    return f"# {cells}{' <-' if is_best else ''}"


def _mean_time(seconds: float, longest: float) -> str:
    return format_duration(seconds) if seconds < longest else "not seen"


def doubts_of(choice: WindowChoice, plan: Plan) -> list[str]:
    """Return why the choice shouldn't be trusted; nothing where it should."""
    doubts = []
    if choice.expected > choice.promised:
        doubts.append(
            f"blocks before a drift lie below {choice.threshold}, so that {choice.expected:.1f} runs a month start: "
            "the accuracy changes by itself almost as a drift changes it"
        )
    if choice.lag > TOO_LATE:
        late = f"the drift is in breach only after {format_duration(choice.lag)}"
        doubts.append(f"{late}: more labels, or more false runs (--at-most), find it sooner")
    return doubts


def find_warnings(choice: Choice, plan: Plan) -> list[str]:
    """Return why the choice shouldn't be trusted; nothing where it should."""
    warnings = []
    if choice.false_a_month > TOO_MANY:
        warnings.append(
            f"{choice.false_a_month:.1f} false runs a month: readings of {plan.labels} labels scatter too much"
        )
    if choice.lag > TOO_LATE:
        warnings.append(
            f"a drift is in breach only after {format_duration(choice.lag)}: it is smaller than the scatter"
        )
    if warnings:
        warnings.append("take more labels a reading (a longer range), or M of N with a greater N")
    return warnings


def format_duration(seconds: float) -> str:
    """Return minutes below two hours, then hours, then days."""
    if seconds < 2 * HOUR:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / HOUR:.1f} h" if seconds < 48 * HOUR else f"{seconds / 86400:.1f} days"


def format_interval(seconds: float) -> str:
    """Return a duration as a ModelMonitor has it."""
    return f"{seconds / 60:.0f}m" if seconds % 60 == 0 else f"{seconds:.0f}s"


def format_false_rate(choice: Choice) -> str:
    """Return how often the threshold would be crossed by chance."""
    months = 1 / choice.false_a_month if choice.false_a_month else float("inf")
    if months < 2:
        return f"{choice.false_a_month:.1f} false runs a month"
    if months < 24:
        return f"one false run in {months:.0f} months"
    return f"one false run in {months / 12:.0f} years" if months < 1200 else "less than a false run a century"
