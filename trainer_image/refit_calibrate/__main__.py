"""`refit-calibrate`: a history in, a threshold with its reasons out.

Where the labels themselves are given, a monitor counts them (metric.ratio), and threshold and window are chosen by
evidence. A share that Prometheus gives has no counts, and M of N readings is the rule.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from refit_calibrate.advice import doubts_of, find_warnings, write_by_window, write_yaml
from refit_calibrate.choose import DAY, Plan, choose
from refit_calibrate.history import Block, cut, labels_each, read_csv
from refit_calibrate.probabilities import LONGEST, Rule
from refit_calibrate.prometheus import cut_readings, read_range
from refit_calibrate.windows import cheapest, choose_by_window
from refit_trainer.contract.constants import EXIT_BAD_INPUT
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.times import NoTime, parse_time

DEFAULT_RULE = Rule(3, 5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the YAML; return 64 with a message where the history can't be used."""
    given = _parser().parse_args(arguments)
    try:
        blocks, labels = _read(given)
        by_evidence = bool(given.history) and given.rule is None
        tell = _tell_by_window if by_evidence else _tell_by_readings
        warnings = tell(given, blocks, _plan(given, labels))
    except BadInput as error:
        print(f"refit-calibrate: {error}", file=sys.stderr)
        return EXIT_BAD_INPUT
    for warning in warnings:
        print(f"refit-calibrate: {warning}", file=sys.stderr)
    return 0


def _tell_by_window(given: argparse.Namespace, blocks: list[Block], plan: Plan) -> list[str]:
    """Print the choice by evidence, draw it where that is asked for, and return what to doubt of it."""
    choices = choose_by_window(blocks, plan)
    best = cheapest(choices)
    print(write_by_window(choices, best, plan, given.history), end="")
    if given.picture:
        from refit_calibrate.plot import save_by_window

        save_by_window(blocks, choices, best, plan, given.picture)
    return doubts_of(best, plan)


def _tell_by_readings(given: argparse.Namespace, blocks: list[Block], plan: Plan) -> list[str]:
    """Do the same for M of N readings."""
    choice = choose(blocks, plan)
    print(write_yaml(choice, plan, given.history or given.query), end="")
    if given.picture:
        from refit_calibrate.plot import save

        save(blocks, choice, plan, given.picture)
    return find_warnings(choice, plan)


def _read(given: argparse.Namespace) -> tuple[list[Block], int]:
    if given.history:
        labels = read_csv(Path(given.history))
        if not labels:
            raise BadInput(f"{given.history} has no rows")
        return cut(labels, given.blocks), given.labels or labels_each(labels, given.interval)
    if not (given.prometheus and given.query and given.labels):
        raise BadInput("give a CSV file, or --prometheus, --query and --labels")
    end = time.time()
    readings = read_range(given.prometheus, given.query, end - given.days * 86400, end, given.interval)
    return cut_readings(readings, given.labels, given.blocks, given.drift_from), given.labels


def _plan(given: argparse.Namespace, labels: int) -> Plan:
    return Plan(
        rule=given.rule or DEFAULT_RULE,
        interval=given.interval,
        labels=labels,
        false_cost=given.false_cost,
        hour_cost=given.hour_cost,
        drifts=given.drifts,
        drop=given.drop,
        at_most=given.at_most,
        per=given.per * DAY,
        scrape=given.scrape,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("refit-calibrate", description="Choose a ModelMonitor's threshold from a history.")
    add = parser.add_argument
    add("history", nargs="?", help="CSV: time, and correct or label and predicted; optionally drifted")
    add("--prometheus", metavar="URL", help="instead of a file: the server")
    add("--query", help="with --prometheus: the share of right answers, as the monitor asks it")
    add("--days", type=_positive, default=30.0, help="with --prometheus: how far back (default 30)")
    add("--drift-from", type=_time, metavar="TIME", help="with --prometheus: since when the model was really worse")
    add("--labels", type=int, help="labels in one reading (default: what the file's rows give in an interval)")
    add("--interval", type=_minutes, default=600.0, metavar="MINUTES", help="between readings (default 10)")
    add("--rule", type=_rule, metavar="M/N", help="readings in breach, instead of evidence (of a query, 3/5)")
    add("--at-most", type=_count, default=1, help="by evidence: false runs that are allowed (default 1)")
    add("--per", type=_positive, default=30.0, metavar="DAYS", help="by evidence: in so many days (default 30)")
    add("--scrape", type=_positive, default=60.0, metavar="SECONDS", help="by evidence: between scrapes (default 60)")
    add("--blocks", type=int, default=12, help="blocks of time to test on (default 12)")
    add("--drop", type=_positive, default=0.05, help="drift to detect where the history has none (default 0.05)")
    add("--false-cost", type=_positive, default=1.0, help="cost of a run that nothing called for (default 1)")
    add("--hour-cost", type=_positive, default=1.0, help="cost of an hour of unseen drift (default 1)")
    add("--drifts", type=_positive, default=1.0, help="real drifts a month (default 1)")
    add("--picture", type=Path, metavar="FILE", help="where to draw the choice (.png, .svg)")
    return parser


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} isn't a number above 0")
    return number


def _count(text: str) -> int:
    if not (text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} isn't a whole number above 0")
    return int(text)


def _minutes(text: str) -> float:
    return _positive(text) * 60


def _time(text: str) -> float:
    try:
        return parse_time(text)
    except NoTime as problem:
        raise argparse.ArgumentTypeError(f"{text!r} is {problem}: give one such as 2026-11-24T16:40:02Z") from None


def _rule(text: str) -> Rule:
    count, _, out_of = text.partition("/")
    if not (count.isdigit() and out_of.isdigit() and 0 < int(count) <= int(out_of) <= LONGEST):
        raise argparse.ArgumentTypeError(f"{text!r} isn't M/N with M at most N at most {LONGEST}")
    return Rule(int(count), int(out_of))


def run() -> NoReturn:
    """Run the command."""
    sys.exit(main())


if __name__ == "__main__":
    run()
