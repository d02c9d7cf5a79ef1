"""`make faults`: a loop as it should be, then one for each mode and call with that fault; a table by mode.

    python -m tests.faults [--group calls] [--modes kill-after 409] [--at "POST jobs#1"] [--into docs/reliability]

With --into, the group's file there is written anew, after each loop.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.hosted import as_service_account
from tests.faults.alone import left_alone
from tests.faults.loop import Result, Stage
from tests.faults.played import Played, save
from tests.faults.proxy import Fault
from tests.faults.report import NEVER, table
from tests.faults.scenarios import CRASHES, REFUSALS, SCENARIOS, Scenario

WAITING = 24
"""Loops under way, most of which wait for quiet."""
ENOUGH = 0.9
"""Share of the faults that must come: some calls depend on when a pod reports."""


def told(result: Result) -> str:
    """Return a loop's line."""
    name = f"{result.fault.mode:<12} {result.fault.call:<42}" if result.fault else f"{'no fault':<55}"
    counts = f"{result.seconds:4.0f} s  {len(result.record.calls):2} writes  again after {result.record.seconds:4.1f} s"
    return f"{name} {counts}  {'; '.join(result.problems) or ('never came' if result.missed else 'ok')}"


def played(group: str, result: Result) -> Played:
    """Return what is kept of a loop."""
    assert result.fault
    led_to = "not as without a fault" if result.problems else "as without a fault"
    if result.missed:
        led_to = NEVER
    elif result.starts > 1:
        led_to += f"; operator started {result.starts} times"
    seconds = round(result.record.seconds, 2)
    return Played(group, result.fault.mode, result.fault.call, led_to, seconds, tuple(result.problems))


def reference(stage: Stage) -> Result:
    """Play the loop without a fault, and say which calls it has."""
    result = stage.play(None, "reference")
    print(told(result), json.dumps(result.ending), *[call.name for call in result.record.calls], sep="\n  ", flush=True)
    refused = [call.name for call in result.record.calls if not 200 <= call.status < 300]
    outcomes = [run["outcome"] for run in result.ending.get("runs", ())]
    if result.problems or refused or outcomes != [stage.scenario.outcome]:
        sys.exit(f"the loop without a fault isn't as it should be: {outcomes}; refused, or somebody else's: {refused}")
    return result


def play(scenario: Scenario, options: argparse.Namespace, folder: Path) -> list[Played]:
    """Play one group; return what came of each fault."""
    account = json.loads(as_service_account(folder).read_text())
    stage = Stage(scenario, folder, account)
    normal = reference(stage)
    stage.reference = normal.ending
    points = options.at or scenario.points([call.name for call in normal.record.calls])
    faults = [Fault(mode, call) for mode in scenario.modes if mode in options.modes for call in points]
    found: list[Played] = []
    with ThreadPoolExecutor(WAITING) as pool:
        loops = [pool.submit(stage.play, fault, str(number)) for number, fault in enumerate(faults)]
        for loop in as_completed(loops):
            print(told(loop.result()), flush=True)
            found.append(played(scenario.group, loop.result()))
            if options.into:
                save(options.into / f"{scenario.group}.jsonl", in_order(found, faults))
    return in_order(found, faults)


def in_order(found: list[Played], faults: list[Fault]) -> list[Played]:
    """Return them by fault, as the loops aren't over in the order in which they began."""
    return sorted(found, key=lambda one: faults.index(Fault(one.fault, one.at)))


def parsed(words: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description="Play a loop with one fault, again and again."
    )
    parser.add_argument("--group", nargs="+", choices=[scenario.group for scenario in SCENARIOS])
    parser.add_argument("--modes", nargs="+", choices=CRASHES + REFUSALS, default=CRASHES + REFUSALS)
    parser.add_argument("--at", nargs="+", help="calls, as the loop without a fault prints them; default: all")
    parser.add_argument("--logs", type=Path, help="folder for the operators' logs, one that isn't there yet")
    parser.add_argument("--into", type=Path, help="folder for a file of each group")
    return parser.parse_args(words)


@contextmanager
def logs_of(options: argparse.Namespace) -> Iterator[Path]:
    """Have a folder for the operators' logs, which goes in the end unless it was asked for."""
    with tempfile.TemporaryDirectory(prefix="refit-faults-") as folder:
        yield options.logs or Path(folder)


def main(words: list[str]) -> int:
    """Play the loops; exit code 1 where one didn't end as it should, or too few faults came."""
    options, began = parsed(words), time.monotonic()
    found: list[Played] = []
    with left_alone(), logs_of(options) as folder:
        for scenario in SCENARIOS:
            if scenario.group in (options.group or [scenario.group]):
                here = folder / scenario.group
                here.mkdir(parents=True)
                found += play(scenario, options, here)
    print(table(found))
    came = [one for one in found if one.led_to != NEVER]
    good = sum(not one.problems for one in came)
    points, minutes = len({(one.group, one.at) for one in found}), (time.monotonic() - began) / 60
    print(
        f"{points} points, {len(came)} of {len(found)} faults came, {good} of them did no harm; {minutes:.0f} minutes"
    )
    enough = len(came) >= ENOUGH * len(found)
    return 0 if enough and not any(one.problems for one in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
