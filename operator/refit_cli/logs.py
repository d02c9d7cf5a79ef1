"""`kubectl refit logs RUN`: the logs of a run's pods in turn, trainer and judge."""

import time
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from refit_cli.cluster import POD, Cluster, Document, connect
from refit_cli.exits import Exit, Failed
from refit_cli.objects import find_run, jobs_of, pods_of
from refit_cli.options import Context, Kubeconfig, Namespace, RunName
from refit_operator.run.rules.views.documents import containers_of, is_over, statuses_of

EVERY_S = 2.0
Stretch = tuple[Document, str]
"""A pod and one of its containers."""


def stretches(pods: list[Document]) -> list[Stretch]:
    """Return the containers whose logs are a run's, in the order in which they run: the trainer's and the judge's."""
    ours = ("train", "judge")
    return [(pod, name) for pod in pods for name in containers_of(pod) if name in ours]


def has_begun(pod: Document, container: str) -> bool:
    """Return whether the container has a log."""
    state: dict[str, Any] = statuses_of(pod).get(container, {})
    return "running" in state or "terminated" in state


def command(
    name: RunName,
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Wait for more until the run's pods are over.")
    ] = False,
    tail: Annotated[int, typer.Option("--tail", help="Only so many of the last lines of each container.")] = -1,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
) -> None:
    """Print the logs of a run's pods in turn: the trainer's, then the judge's."""
    api = connect(namespace, context, kubeconfig)
    run = find_run(api, name).metadata.name
    try:
        printed = sum(1 for line in lines(api, run, follow, tail) if print(line, flush=True) is None)
    except KeyboardInterrupt:
        return
    if not printed:
        raise Failed(Exit.NOT_FOUND, f"retrainrun/{run} has no pod with a log: kubectl refit why {run}")


def lines(api: Cluster, run: str, follow: bool, tail: int) -> Iterator[str]:
    """Yield the lines, each container's under its name."""
    seen = set[tuple[str, str]]()
    while True:
        pods = _pods(api, run)
        fresh = [each for each in stretches(pods) if _key(each) not in seen and has_begun(*each)]
        for pod, container in fresh:
            seen.add(_key((pod, container)))
            yield f"==> {pod['metadata']['name']} {container} <=="
            yield from _log(api, pod["metadata"]["name"], container, follow, tail)
        if not fresh and (not follow or (pods and all(map(is_over, pods))) or find_run(api, run).is_finished):
            return
        if follow and not fresh:
            time.sleep(EVERY_S)


def _key(stretch: Stretch) -> tuple[str, str]:
    return str(stretch[0]["metadata"]["uid"]), stretch[1]


def _pods(api: Cluster, run: str) -> list[Document]:
    return [pod for job in jobs_of(api, find_run(api, run)) for pod in pods_of(api, job)]


def _log(api: Cluster, pod: str, container: str, follow: bool, tail: int) -> Iterator[str]:
    query = {"container": container, "follow": "true" if follow else "", "tailLines": str(tail) if tail >= 0 else ""}
    return api.stream_lines(f"{POD.path(api.namespace, pod)}/log", query)
