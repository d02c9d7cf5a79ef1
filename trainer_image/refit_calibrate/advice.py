"""The choice in words, and as the YAML to paste."""

from refit_calibrate.choose import HOUR, Choice, Plan

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
