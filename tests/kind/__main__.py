"""`python -m tests.kind`: a kind cluster also where neither a container engine nor a registry is to be had."""

import argparse
import os
import sys

from localcluster.commands import Failed
from localcluster.engine import find_engine
from localcluster.locks import exclusive
from localcluster.paths import Layout, layout
from tests.kind.engines import corner_of, settings
from tests.kind.images import ensure_node_image, ensure_stand_ins, node_image


def prepare(place: Layout) -> int:
    """Bring the corner up, with the images that can't be pulled there."""
    if find_engine():
        return 0
    engine = corner_of(place)
    with exclusive(place, "kind"):
        engine.corner.up()
        ensure_node_image(place, engine)
        ensure_stand_ins(engine)
    return 0


def run(place: Layout, words: list[str]) -> int:
    """Become a command that finds the engine, and the settings that have the local cluster be kind's."""
    if not words:
        raise Failed("say what to run: run COMMAND…")
    engine = find_engine()
    environment = {**os.environ, **settings(engine, node_image(place))}
    argv = words if engine else corner_of(place).corner.command(words)
    sys.stdout.flush()
    os.execvpe(argv[0], argv, environment)


def down(place: Layout) -> int:
    """End the corner, and with it all that runs there; the images are kept."""
    if find_engine() is None:
        with exclusive(place, "kind"):
            corner_of(place).corner.down()
    return 0


def main() -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.kind", description=__doc__)
    commands = parser.add_subparsers(required=True, dest="name", metavar="COMMAND")
    commands.add_parser("prepare", help=prepare.__doc__)
    commands.add_parser("run", help=run.__doc__).add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND…")
    commands.add_parser("down", help=down.__doc__)
    arguments = parser.parse_args()
    try:
        if arguments.name == "run":
            return run(layout(), arguments.words)
        return {"prepare": prepare, "down": down}[arguments.name](layout())
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
