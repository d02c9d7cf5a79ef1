"""`kubectl refit status MONITOR`: every check with its answer, what happens next, and the evidence so far."""

from dataclasses import replace
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from refit_cli.actions import observed
from refit_cli.answers import NOT_REACHED, Answer, State, answers, first_hold
from refit_cli.cluster import QUOTA, Api, connect
from refit_cli.exits import Failed
from refit_cli.next_step import next_step
from refit_cli.objects import Seen, see
from refit_cli.options import Context, Kubeconfig, MonitorName, Namespace, Output
from refit_cli.output import Format, console, print_data, table
from refit_operator.api.monitor import ModelMonitor
from refit_operator.monitor.rules.decision import Observed
from refit_operator.target.rules.room import lack_of_room

MARKS = {
    State.PASSES: "[green]✓[/]",
    State.HOLDS: "[red]●[/]",
    State.IGNORED: "[dim]-[/]",
    State.UNKNOWN: "[yellow]?[/]",
}
LEGEND = "A check is named for what it objects to: ✓ no objection, ● it holds a run, ? only the operator knows."


def observe(api: Api, seen: Seen) -> Observed:
    """Return what the checks rest on, with the quotas where these may be read."""
    o = observed(seen)
    if seen.target is None or not seen.target.needs_room:
        return o
    try:
        return replace(o, lack_of_room=lack_of_room(seen.target.found.workload, api.list_objects(QUOTA)))
    except Failed:
        return o


def command(
    name: MonitorName,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    output: Output = Format.TABLE,
) -> None:
    """Say of each check whether it holds a run, what happens next and when, and the evidence so far."""
    api = connect(namespace, context, kubeconfig)
    o = observe(api, see(api, name))
    found = answers(o)
    if output.is_data:
        print_data(to_json(o, found), output)
    else:
        console().print(render(o, found, output is Format.WIDE))


def to_json(o: Observed, found: list[Answer]) -> dict[str, Any]:
    """Return it as -o json prints it."""
    status = o.monitor.status
    return {
        "monitor": o.monitor.metadata.name,
        "namespace": o.monitor.metadata.namespace,
        "state": status.state,
        "metric": status.metric.to_json() if status.metric else None,
        "threshold": o.monitor.spec.metric.threshold,
        "served": str(o.served) if o.served else None,
        "activeRun": o.active_run.metadata.name if o.active_run else None,
        "checks": [answer.to_json() for answer in found],
        "next": next_step(o, first_hold(found)),
        "observed": status.observed_generation == o.monitor.metadata.generation,
    }


def render(o: Observed, found: list[Answer], wide: bool = False) -> RenderableType:
    """Return the screen."""
    hold = first_hold(found)
    shown = [answer for answer in found if wide or _says_something(answer)]
    rows = [_row(answer, answer is hold) for answer in shown]
    note = f"[dim]and {_rest(found, shown)} (-o wide shows them)[/]" if len(shown) < len(found) else ""
    parts: list[RenderableType] = [_head(o), "", table("", "CHECK", "ANSWER", rows=rows, flexible="ANSWER")]
    parts += [Text.from_markup(note)] if note else []
    parts += [Text.from_markup(f"[dim]{LEGEND}[/]")]
    return Group(*parts, "", Text.from_markup(f"[bold]Next[/]  {escape(next_step(o, hold))}"))


def _says_something(answer: Answer) -> bool:
    return bool(answer.message) and not answer.message.startswith(NOT_REACHED)


def _rest(found: list[Answer], shown: list[Answer]) -> str:
    """Return how many aren't shown, by what they say."""
    passed = sum(answer.state is State.PASSES for answer in found) - sum(a.state is State.PASSES for a in shown)
    others = len(found) - len(shown) - passed
    return f"{passed} that pass" + (f", {others} that were not reached" if others else "")


def _row(answer: Answer, is_first: bool) -> tuple[str, str, str]:
    words = escape(answer.message) or answer.state.value
    name = f"[bold]{answer.reason}[/]" if is_first else str(answer.reason)
    return MARKS[answer.state], name, f"[bold]{words}[/]" if is_first else words


def _head(o: Observed) -> RenderableType:
    meta, status = o.monitor.metadata, o.monitor.status
    shown = table("", "", rows=_facts(o.monitor), flexible="")
    shown.show_header = False
    title = f"[bold]{meta.namespace}/{meta.name}[/]  {status.state or 'not reconciled yet'}"
    behind = status.observed_generation != meta.generation
    note = [Text.from_markup("[yellow]the operator has not seen the newest spec yet[/]")] if behind else []
    return Group(Text.from_markup(title), *note, shown)


def _facts(monitor: ModelMonitor) -> list[tuple[str, str]]:
    status, metric = monitor.status, monitor.spec.metric
    value = status.metric.value or status.metric.reading if status.metric else "no reading yet"
    facts = [(metric.name, f"{value}, breach {'below' if metric.below else 'above'} {metric.threshold:g}")]
    evidence = status.metric.evidence if status.metric else None
    if evidence:
        so_far = f"{float(evidence.statistic):,.4g} of the {float(evidence.needed):,.5g} that make a breach"
        outcomes = f"{evidence.value} over {evidence.outcomes:,} outcomes since {evidence.since:%m-%d %H:%M} UTC"
        facts.append(("evidence", f"{so_far}; {outcomes}"))
    if status.served:
        since = f", since {status.served.since:%m-%d %H:%M} UTC" if status.served.since else ""
        facts.append(("serves", escape(f"{status.served.model}{since}")))
    if status.last_run:
        facts.append(("last run", f"{status.last_run.name} {status.last_run.outcome}"))
    return facts
