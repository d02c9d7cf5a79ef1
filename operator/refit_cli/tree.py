"""`kubectl refit get`: monitors, their runs, the runs' Jobs and these' pods, as a tree. Pure, but for the command."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.live import Live
from rich.markup import escape

from refit_cli.cluster import JOB, MONITOR, POD, RUN, Api, Document, connect
from refit_cli.exits import Exit, Failed
from refit_cli.options import Context, Kubeconfig, Namespace, Output
from refit_cli.output import Format, age, console, print_data, table
from refit_operator.api.base import RUN_LABEL
from refit_operator.api.metadata import owner_of

NEWEST = 3
"""Runs of a monitor that are shown; --runs says another number."""
EVERY_S = 2.0
COLOURS = {
    **dict.fromkeys(("Monitoring", "Promoted", "Complete", "Running", "Succeeded"), "green"),
    **dict.fromkeys(("Breached", "Blind", "GaveUp", "Overruled", "NotReady", "Failed", "RolledBack", "Halted"), "red"),
    **dict.fromkeys(
        ("Training", "Shadowing", "Verifying", "RollingOut", "RollingBack", "Judging", "AwaitingApproval"), "cyan"
    ),
}


@dataclass(frozen=True)
class Node:
    """An object and what it controls."""

    kind: str
    namespace: str
    name: str
    state: str
    info: str
    created: datetime
    children: tuple["Node", ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return it as -o json prints it."""
        own = {
            "kind": self.kind,
            "namespace": self.namespace,
            "name": self.name,
            "state": self.state,
            "info": self.info,
        }
        return own | {"created": self.created.isoformat(), "children": [each.to_json() for each in self.children]}


Owned = dict[str, list[Document]]


def build(monitors: list[Document], below: tuple[list[Document], ...], newest: int = NEWEST) -> list[Node]:
    """Return the trees of monitors; `below` are runs, Jobs and pods, each found by the UID of what controls it."""
    runs, jobs, pods = (_by_owner(found) for found in below)
    return [_monitor(each, runs, jobs, pods, newest) for each in monitors]


def _by_owner(found: list[Document]) -> Owned:
    owned: Owned = defaultdict(list)
    for each in sorted(found, key=lambda one: (one["metadata"]["creationTimestamp"], one["metadata"]["name"])):
        owned[owner_of(each)].append(each)
    return owned


def _created(document: Document) -> datetime:
    return datetime.fromisoformat(document["metadata"]["creationTimestamp"])


def _monitor(document: Document, runs: Owned, jobs: Owned, pods: Owned, newest: int) -> Node:
    meta, status, metric = document["metadata"], document.get("status") or {}, document["spec"]["metric"]
    reading = status.get("metric") or {}
    value = f"{metric.get('name', 'accuracy')} {reading.get('value') or reading.get('reading') or '-'}"
    bad = "above" if metric.get("direction") == "Above" else "below"
    served = (status.get("served") or {}).get("model", "")
    info = f"{value}, breach {bad} {metric['threshold']:g}{served and f', serves {served}'}"
    own = sorted(runs.get(meta["uid"], ()), key=lambda run: int(run["spec"]["ordinal"]))[-newest:] if newest else ()
    children = tuple(_run(run, jobs, pods) for run in reversed(own))
    return Node(
        "ModelMonitor",
        meta["namespace"],
        meta["name"],
        status.get("state") or "New",
        info,
        _created(document),
        children,
    )


def _run(document: Document, jobs: Owned, pods: Owned) -> Node:
    meta, status = document["metadata"], document.get("status") or {}
    state = status.get("outcome") or status.get("stage") or "New"
    done = (status.get("progress") or {}).get("percentage")
    progress = f"{done} % trained  " if done is not None and not status.get("outcome") else ""
    children = tuple(_job(job, pods) for job in jobs.get(meta["uid"], ()))
    return Node(
        "RetrainRun",
        meta["namespace"],
        meta["name"],
        state,
        f"{progress}{status.get('message') or ''}",
        _created(document),
        children,
    )


def _job(document: Document, pods: Owned) -> Node:
    meta, status = document["metadata"], document.get("status") or {}
    ended = (each for each in status.get("conditions") or () if each["status"] == "True")
    found: Document = next((each for each in ended if each["type"] in ("Complete", "Failed", "Suspended")), {})
    state = found.get("type") or ("Running" if status.get("active") else "Pending")
    children = tuple(_pod(pod) for pod in pods.get(meta["uid"], ()))
    message = "" if state == "Complete" else found.get("message") or ""
    return Node("Job", meta["namespace"], meta["name"], state, message, _created(document), children)


def _pod(document: Document) -> Node:
    meta, status = document["metadata"], document.get("status") or {}
    containers = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    words = ", ".join(f"{each['name']} {_container(each)}" for each in containers)
    node = (document.get("spec") or {}).get("nodeName") or ""
    return Node(
        "Pod",
        meta["namespace"],
        meta["name"],
        status.get("phase") or "",
        f"{words}{node and f', on {node}'}",
        _created(document),
    )


def _container(status: Document) -> str:
    state: Document = status.get("state") or {}
    if "running" in state:
        return "runs"
    ended: Document = state.get("terminated") or {}
    if ended:
        return "is done" if ended.get("exitCode") == 0 else f"ended ({ended.get('reason') or ended.get('exitCode')})"
    reason = (state.get("waiting") or {}).get("reason")
    return f"waits ({reason})" if reason else "waits"


def rows(nodes: list[Node], now: datetime, wide: bool) -> list[tuple[str, str, str, str]]:
    """Return the lines of the table."""
    return [line for node in nodes for line in _lines(node, "", "", now, wide)]


def _lines(node: Node, lead: str, below: str, now: datetime, wide: bool) -> list[tuple[str, str, str, str]]:
    colour = COLOURS.get(node.state)
    state = f"[{colour}]{node.state}[/]" if colour else node.state
    info = node.info if wide or len(node.info) <= 96 else f"{node.info[:95]}…"
    name = f"[bold]{node.name}[/]" if not lead else node.name
    lines = [(f"[dim]{lead}[/]{node.kind}/{name}", state, age(node.created, now), escape(info))]
    for number, child in enumerate(node.children, start=1):
        is_last = number == len(node.children)
        branch, rest = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
        lines += _lines(child, f"{below}{branch}", f"{below}{rest}", now, wide)
    return lines


def namespaces(nodes: Iterable[Node]) -> Iterator[str]:
    """Yield the namespace of each line of the table."""
    for node in nodes:
        yield node.namespace
        yield from namespaces(node.children)


def read(api: Api, name: str, newest: int) -> list[Node]:
    """Return the trees of one monitor, or of all. Raises Failed where there is none of that name."""
    found = [api.read(MONITOR, name.rpartition("/")[2])] if name else api.list_objects(MONITOR)
    monitors = [each for each in found if each]
    if name and not monitors:
        raise Failed(Exit.NOT_FOUND, f"no ModelMonitor {name!r} in namespace {api.namespace}")
    return build(
        monitors, (api.list_objects(RUN), api.list_objects(JOB, RUN_LABEL), api.list_objects(POD, RUN_LABEL)), newest
    )


def screen(api: Api, name: str, newest: int, wide: bool) -> RenderableType:
    """Return the screen as of now."""
    nodes = read(api, name, newest)
    if not nodes:
        return f"no ModelMonitors in {api.namespace or 'any namespace'}"
    columns, found = ("NAME", "STATE", "AGE", "INFO"), rows(nodes, api.now(), wide)
    if api.namespace:
        return table(*columns, rows=found, flexible="INFO")
    placed = [(place, *line) for place, line in zip(namespaces(nodes), found, strict=True)]
    return table("NAMESPACE", *columns, rows=placed, flexible="INFO")


def command(
    name: Annotated[str, typer.Argument(metavar="[MONITOR]", help="Name of a ModelMonitor. Default: all.")] = "",
    namespace: Namespace = "",
    all_namespaces: Annotated[bool, typer.Option("-A", "--all-namespaces", help="Those of all namespaces.")] = False,
    watch: Annotated[bool, typer.Option("-w", "--watch", help="Show it again and again, until Ctrl-C.")] = False,
    runs: Annotated[int, typer.Option("--runs", min=0, help="How many of the newest runs of each.")] = NEWEST,
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    output: Output = Format.TABLE,
) -> None:
    """Show monitors, their newest runs, the runs' Jobs and pods, as a tree."""
    if name and all_namespaces:
        raise Failed(
            Exit.USAGE, f"{name} is in one namespace: name it by -n, or leave the name out for those of all (-A)"
        )
    api = connect(namespace, context, kubeconfig)
    api.namespace = "" if all_namespaces else api.namespace
    if output.is_data:
        print_data([node.to_json() for node in read(api, name, runs)], output)
    elif watch:
        _watch(api, name, runs, output is Format.WIDE)
    else:
        console().print(screen(api, name, runs, output is Format.WIDE))


def _watch(api: Api, name: str, newest: int, wide: bool) -> None:
    out = console()
    try:
        with Live(screen(api, name, newest, wide), console=out, auto_refresh=False) as live:
            while True:
                time.sleep(EVERY_S)
                live.update(screen(api, name, newest, wide), refresh=True)
    except KeyboardInterrupt:
        return
