"""`make faults`: a loop as it should be, then one for each mode and call with that fault, and many at once.

    python -m tests.faults [--group calls] [--modes kill-after 409] [--at "POST jobs#1"] [--into docs/reliability]

With --into, each loop's line in its group's file there is replaced; all go first where all loops are played.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tests.faults.groups import GROUPS, F, Group
from tests.faults.loop import Result, Stage
from tests.faults.played import Played, keep
from tests.faults.proxy import Fault
from tests.faults.report import NEVER, TABLES, in_order_of_appearance
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.trouble import Trouble
from tests.faults.troubles import troubles
from tests.support.cluster.alone import left_alone
from tests.support.cluster.hosted import as_service_account
from tests.support.cluster.installed import alone_with_the_operator

AnyFault = Fault | Trouble
WAITING = 24
"""Loops under way, most of which wait for quiet."""
ENOUGH = 0.9
"""Share of the faults that must come: some calls depend on when a pod reports."""


def told(result: Result) -> str:
    """Return a loop's line."""
    name = f"{result.fault.mode:<12} {result.fault.at:<42}" if result.fault else f"{'no fault':<55}"
    counts = f"{result.seconds:4.0f} s  {len(result.record.calls):2} writes  again after {result.record.seconds:4.1f} s"
    return f"{name} {counts}  {'; '.join(result.problems) or ('never came' if result.missed else 'ok')}"


def played(group: str, result: Result) -> Played:
    """Return what is kept of a loop."""
    assert result.fault
    led_to = NEVER if result.missed and not result.problems else consequence(result)
    seconds = round(result.record.seconds, 2)
    return Played(group, result.fault.mode, result.fault.at, led_to, seconds, tuple(result.problems))


def consequence(result: Result) -> str:
    """Return what the fault led to, in a sentence."""
    clauses = [result.story] if result.story else []
    clauses.append("not as without a fault" if result.problems else "as without a fault")
    if isinstance(result.fault, Trouble) and result.failed_reconciliations:
        clauses.append(f"{result.failed_reconciliations} reconciliations failed")
    clauses += [f"operator started {starts} times" for starts in result.starts if starts > 1]
    return "; ".join(clauses)


def reference(stage: Stage) -> Result:
    """Play the loop without a fault, and say which calls it has."""
    result = stage.play(None, "reference")
    print(told(result), json.dumps(result.ending), *[call.name for call in result.record.calls], sep="\n  ", flush=True)
    refused = [call.name for call in result.record.calls if stage.scenario.modes and not 200 <= call.status < 300]
    outcomes = [run["outcome"] for run in result.ending.get("runs", ())]
    if result.problems or refused or outcomes != [stage.scenario.outcome]:
        sys.exit(f"the loop without a fault isn't as it should be: {outcomes}; refused, or somebody else's: {refused}")
    return result


def play(scenario: Scenario, options: argparse.Namespace, folder: Path) -> list[Played]:
    """Play one scenario; return what came of each fault."""
    if not scenario.modes and not chosen(troubles_in(scenario), options):
        return []
    stage = Stage(scenario, folder, json.loads(as_service_account(folder).read_text()))
    normal = reference(stage)
    stage.reference = normal.ending
    faults = troubles_in(scenario) or faults_at(scenario, [call.name for call in normal.record.calls])
    order = faults if scenario.modes else troubles()
    found: list[Played] = []
    for result in side_by_side(stage, chosen(faults, options)):
        found.append(played(scenario.group, result))
        if options.into:
            keep(options.into / f"{scenario.group}.jsonl", found, order)
    return found


def play_group(group: Group[Any], options: argparse.Namespace, folder: Path) -> list[Played]:
    """Play what was asked for of a group that concerns many monitors."""
    faults, found = chosen(group.faults, options), list[Played]()
    for one in group.play(faults, folder) if faults else ():
        print(f"{one.fault:<55} {one.at:<50} {'; '.join(one.problems) or 'ok'}; {one.led_to}", flush=True)
        found.append(one)
        if options.into:
            keep(options.into / f"{group.group}.jsonl", found, group.faults)
    return found


def faults_at(scenario: Scenario, calls: list[str]) -> list[Fault]:
    """Return each of the scenario's modes at each of its points."""
    return [Fault(mode, call) for mode in scenario.modes for call in scenario.points(calls)]


def troubles_in(scenario: Scenario) -> list[Trouble]:
    """Return the faults of the surroundings that are played in this scenario."""
    return [trouble for trouble in troubles() if trouble.scenario is scenario]


def chosen(faults: Sequence[F], options: argparse.Namespace) -> list[F]:
    """Return those that were asked for."""
    return [
        fault
        for fault in faults
        if (not options.modes or fault.mode.startswith(tuple(options.modes)))
        and (not options.at or fault.at in options.at)
    ]


def side_by_side(stage: Stage, faults: Sequence[AnyFault]) -> Iterator[Result]:
    """Play them; yield each as it ends."""
    with ThreadPoolExecutor(WAITING) as pool:
        loops = [pool.submit(stage.play, fault, str(number)) for number, fault in enumerate(faults)]
        for loop in as_completed(loops):
            print(told(loop.result()), flush=True)
            yield loop.result()


def parsed(words: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description="Play a loop with one fault, again and again."
    )
    names = in_order_of_appearance([*(one.group for one in SCENARIOS), *(one.group for one in GROUPS)])
    parser.add_argument("--group", nargs="+", choices=names)
    parser.add_argument("--modes", nargs="+", help="how the names of the faults begin; default: all")
    parser.add_argument("--at", nargs="+", help="calls, as the loop without a fault prints them, or stages")
    parser.add_argument("--logs", type=Path, help="folder for the operators' logs; default: kept where one did harm")
    parser.add_argument("--into", type=Path, help="folder for a file of each group")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Play the loops; exit code 1 where one didn't end as it should, or too few faults came."""
    options, began = parsed(words), time.monotonic()
    found: list[Played] = []
    scenarios = [one for one in SCENARIOS if one.group in (options.group or [one.group])]
    groups = [one for one in GROUPS if one.group in (options.group or [one.group])]
    folder = options.logs or Path(tempfile.mkdtemp(prefix="refit-faults-"))
    with alone_with_the_operator(), left_alone():
        if options.into and not (options.modes or options.at):
            for name in (*(one.group for one in scenarios), *(one.group for one in groups)):
                (options.into / f"{name}.jsonl").unlink(missing_ok=True)
        for number, scenario in enumerate(scenarios):
            here = folder / f"{number}-{scenario.group}"
            here.mkdir(parents=True)
            found += play(scenario, options, here)
        for group in groups:
            found += play_group(group, options, folder / group.group)
    for name in in_order_of_appearance(one.group for one in found):
        print(TABLES[name]([one for one in found if one.group == name]))
    came = [one for one in found if one.led_to != NEVER]
    good = sum(not one.problems for one in came)
    points, minutes = len({(one.group, one.at) for one in found}), (time.monotonic() - began) / 60
    print(
        f"{points} points, {len(came)} of {len(found)} faults came, {good} of them did no harm; {minutes:.0f} minutes"
    )
    is_good = good == len(came) >= ENOUGH * len(found)
    if is_good and not options.logs:
        shutil.rmtree(folder)
    else:
        print(f"the operators' logs are in {folder}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
