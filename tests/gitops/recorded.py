"""`python -m tests.gitops.recorded --into FILE -- COMMAND`: what a sync waits for, at all that a command leads to.

While it runs, every version of every ModelMonitor and RetrainRun of the cluster on this machine is watched, and judged
by kstatus. FILE has a line for each situation, by command; `python -m tests.gitops.page` shows it in
docs/how-to/gitops.md.
"""

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

from tests.faults.observer import MONITORS, RUNS, Observer
from tests.gitops.situations import Recorded, keep, recorded, violations
from tests.support.cluster.hosted import admin_config, trust_as_user
from tests.support.cluster.kubectl import kubectl
from tests.support.local import until

LAST_S = 30


def main(words: list[str]) -> int:
    """Run the command; 1 where it fails, where K is violated, or where too little was seen to say so."""
    if "--" not in words:
        print(__doc__, file=sys.stderr)
        return 2
    into = parsed(words[: words.index("--")]).into
    command = words[words.index("--") + 1 :]
    config = admin_config()
    server = config["clusters"][0]["cluster"]["server"]
    observer = Observer(server, trust_as_user(config), kinds=(MONITORS, RUNS))
    observer.since = now()
    with observer:
        failed = subprocess.run(command, check=False).returncode != 0
        until(lambda: bool(observer.problems) or has_seen_all(observer), LAST_S, "the watches don't see what there is")
    found = recorded(named(command), observer.seen)
    problems = [*observer.problems, *violations(observer.seen), *unseen(found)]
    print(f"kstatus of {total(found)}", *problems, sep="\n")
    if failed or problems:
        return 1
    keep(into, found)
    return 0


def parsed(words: list[str]) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m tests.gitops.recorded", description=__doc__)
    parser.add_argument("--into", type=Path, required=True, help="file for what was seen; written where all is well")
    return parser.parse_args(words)


def now() -> str:
    """Return the version that the cluster is at: what was there before isn't the command's."""
    listed = json.loads(kubectl("get", "--raw", f"/{MONITORS.format('')}?limit=1"))
    return str(listed["metadata"]["resourceVersion"])


def has_seen_all(observer: Observer) -> bool:
    """Return whether the watches have delivered all that there is by now, and is newer than their beginning."""
    items = json.loads(kubectl("get", "modelmonitors,retrainruns", "--all-namespaces", "-o", "json"))["items"]
    versions = {one.object["metadata"]["resourceVersion"] for one in [*observer.seen]}
    there = {item["metadata"]["resourceVersion"] for item in items}
    return {version for version in there if int(version) > int(observer.since)} <= versions


def named(command: list[str]) -> str:
    """Return the command as one types it, wherever its program is."""
    program = Path(command[0]).name
    return shlex.join(["python" if program.startswith("python") else program, *command[1:]])


def unseen(found: Recorded) -> list[str]:
    """Return what wasn't seen, without which nothing is known."""
    counts = {"monitor": found.monitors, "run": found.runs}
    return [f"no {what} was seen, so that nothing is known" for what, count in counts.items() if not count]


def total(found: Recorded) -> str:
    """Return how much was seen."""
    versions, situations = sum(found.versions.values()), len(found.versions)
    return f"{versions} versions of {found.monitors} monitors and {found.runs} runs, {situations} situations"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
