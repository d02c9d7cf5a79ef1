"""`python -m tests.quickstart`: docs/getting-started.md on the cluster, by its own commands alone, with the clock.

Only the variables that the page declares are changed, to the images that are built here.
"""

import sys
import time
from uuid import uuid4

from localcluster.disposable import alone_on_the_cluster
from localcluster.paths import CHECKOUT, layout
from tests.quickstart.images import local_images
from tests.quickstart.page import Step, fill, missing, parse
from tests.quickstart.shell import Shell, shell
from tests.quickstart.surroundings import diagnose, outside_namespaces, without_refit
from tests.support.cluster.kubectl import cluster_environment

PAGE = CHECKOUT / "docs" / "getting-started.md"


class PageFailed(Exception):
    """A command of the page failed, or printed something else than the page shows."""


def main() -> int:
    """Play the page; 0 where each command does what the page says, and the last ones leave nothing."""
    steps = parse(PAGE.read_text())
    with alone_on_the_cluster(layout().root, str(uuid4()), cluster_environment()), without_refit():
        before = outside_namespaces()
        try:
            with local_images() as images, shell(CHECKOUT, cluster_environment()) as bash:
                seconds = play(fill(steps, images), bash)
            if left := sorted(outside_namespaces() - before):
                raise PageFailed(f"cleaned up, and there is still {', '.join(left)}")
        except PageFailed as error:
            diagnose()
            print(f"\nThe page failed: {error}", file=sys.stderr)
            return 1
    print(f"\n{clock(seconds)}  from the first command to the last, cleaned up")
    return 0


def play(steps: tuple[Step, ...], bash: Shell) -> float:
    """Run the steps in their order; return the seconds of all commands. Raises PageFailed."""
    began = time.monotonic()
    for step in steps:
        print(f"\n{clock(time.monotonic() - began)}  {step.title}", flush=True)
        printed = [run(command, bash, began) for command in step.commands]
        if lacking := missing(step.shown, "\n".join(printed)):
            raise PageFailed(f"{step.title}: the page shows {', '.join(lacking)}, and that wasn't printed")
    return time.monotonic() - began


def run(command: str, bash: Shell, began: float) -> str:
    """Run one command; return what it printed. Raises PageFailed."""
    print(f"  $ {command}", flush=True)
    done = bash.run(command)
    print(f"{clock(time.monotonic() - began)}  took {done.seconds:.1f} s", flush=True)
    if done.status != 0:
        raise PageFailed(f"exit status {done.status} of: {command}")
    return done.output


def clock(seconds: float) -> str:
    """Return seconds as minutes and seconds."""
    return f"{int(seconds) // 60:2}:{int(seconds) % 60:02}"


if __name__ == "__main__":
    sys.exit(main())
