"""`python -m localcluster`: a Kubernetes cluster on this machine, and the project's images in it."""

import argparse
import shlex
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import uuid4

from localcluster import crds, disposable, provider
from localcluster.binaries import FLUX, HELM, KUEUE, PROMETHEUS, S3_SERVER, Source, ensure_binaries
from localcluster.choice import forget, refuse_another, remember, remembered
from localcluster.commands import Failed
from localcluster.delivery import build_all, load_all
from localcluster.images import IMAGES, find_images
from localcluster.locks import exclusive
from localcluster.paths import layout
from localcluster.progress import say, side_by_side, step
from localcluster.run_image import run_image

Command = Callable[[argparse.Namespace], int]


def main() -> int:
    """Run one command and return its exit status."""
    arguments = _parser().parse_args()
    try:
        status: int = arguments.run(arguments)
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localcluster", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    plain: tuple[tuple[str, Command, str], ...] = (
        ("down", _down, "stop it and remove every trace but the cache"),
        ("status", _status, "show what runs"),
        ("clear", _clear, "remove what demos and tests left on the cluster"),
        ("s3-server", partial(_extra, S3_SERVER), "build the S3 server that tests start, and print its folder"),
        ("prometheus", _prometheus, "print the folder of a Prometheus for tests: the installed one, else built"),
        ("helm", partial(_extra, HELM), "build Helm, which the chart's tests use, and print its folder"),
        ("kueue", partial(_extra, KUEUE), "build Kueue, which a test installs, and print its folder"),
        ("flux", partial(_extra, FLUX), "build two of Flux's controllers, which a test starts, and print their folder"),
        ("target-crds", _target_crds, "fetch the CRDs of Argo Rollouts and KServe, and print their folder"),
        ("env", _env, 'print shell exports: eval "$(python -m localcluster env)"'),
    )
    up = commands.add_parser("up", help="start the cluster, or repair it")
    about = "also build and load images, side by side; default: all"
    up.add_argument("--images", nargs="*", metavar="IMAGE", help=about)
    up.set_defaults(run=_up)
    for name, function, about in plain:
        commands.add_parser(name, help=about).set_defaults(run=function)
    for name, function, about in (
        ("build", _build, "build images that have changed"),
        ("load", _load, "build images that have changed and load them into the cluster"),
    ):
        command = commands.add_parser(name, help=about)
        command.add_argument("names", nargs="*", metavar="IMAGE", help=f"default: {', '.join(IMAGES)}")
        command.set_defaults(run=function)
    inside = commands.add_parser("run-image", help="run a command inside a built image, the checkout at /src")
    inside.add_argument("-v", "--volume", action="append", default=[], metavar="HOST:INSIDE[:ro]")
    inside.add_argument("image", choices=list(IMAGES))
    inside.add_argument("command", nargs=argparse.REMAINDER, help="after --")
    inside.set_defaults(run=_run_image)
    return parser


def _up(arguments: argparse.Namespace) -> int:
    made, choice = remembered(layout()), provider.chosen()
    refuse_another(made, choice)
    cluster = provider.provide(choice, layout())
    say(f"cluster: {choice.cluster}, " + ("as before" if made else f"since {choice.why}"))
    images = find_images(arguments.images or [])
    with exclusive(cluster.layout, "cluster"), step("up"):
        cluster.install()
        cluster.fetch()
        remember(cluster.layout, choice)
        jobs = [lambda: build_all(cluster, images)] if arguments.images is not None else []
        side_by_side(cluster.compile, *jobs)
        cluster.start()
        if arguments.images is not None:
            load_all(cluster, images)
    return 0


def _down(arguments: argparse.Namespace) -> int:
    cluster = provider.choose()
    with exclusive(cluster.layout, "cluster"), step("down"):
        cluster.down()
        forget(cluster.layout)
    return 0


def _status(arguments: argparse.Namespace) -> int:
    lines, works = provider.choose().status()
    print("\n".join(lines))
    return 0 if works else 1


def _clear(arguments: argparse.Namespace) -> int:
    cluster = provider.choose()
    with disposable.alone_on_the_cluster(cluster.layout.root, str(uuid4()), cluster.environment()):
        return 0


def _target_crds(arguments: argparse.Namespace) -> int:
    print(crds.fetch(layout()))
    return 0


def _extra(source: Source, arguments: argparse.Namespace) -> int:
    cluster = provider.choose()
    with exclusive(cluster.layout, source.name):
        ensure_binaries(cluster.layout, [source])
    print(source.output(cluster.layout))
    return 0


def _prometheus(arguments: argparse.Namespace) -> int:
    if installed := shutil.which(PROMETHEUS.name):
        print(Path(installed).parent)
        return 0
    return _extra(PROMETHEUS, arguments)


def _env(arguments: argparse.Namespace) -> int:
    cluster = provider.choose()
    for name, value in cluster.environment().items():
        if name != "PATH":
            print(f"export {name}={shlex.quote(value)}")
    print(f'export PATH={shlex.quote(str(cluster.programs()))}:"$PATH"')
    return 0


def _build(arguments: argparse.Namespace) -> int:
    cluster = provider.choose()
    cluster.install()
    build_all(cluster, find_images(arguments.names))
    return 0


def _load(arguments: argparse.Namespace) -> int:
    load_all(provider.choose(), find_images(arguments.names))
    return 0


def _run_image(arguments: argparse.Namespace) -> int:
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        raise Failed("say what to run: run-image IMAGE -- COMMAND…")
    cluster = provider.choose()
    cluster.install()
    return run_image(cluster.layout, cluster.builder(), IMAGES[arguments.image], command, arguments.volume)


if __name__ == "__main__":
    sys.exit(main())
