"""`kubectl refit why RUN`: what a run did, what it waits for, and which check of its decision answers now."""

from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from refit_cli.cluster import CLAIM, EVENT, Api, Document, connect
from refit_cli.exits import Failed
from refit_cli.objects import find_run, jobs_of, pods_of, read_target
from refit_cli.options import Context, Kubeconfig, Namespace, Output, RunName
from refit_cli.output import Format, console, print_data, table
from refit_cli.run_answers import Step, facts, next_step, steps
from refit_operator.api.run import RetrainRun
from refit_operator.run.rules.decision import Observed, is_trained
from refit_operator.run.rules.views.claims import view_claims
from refit_operator.run.rules.views.job import JobState, JobView, view_job
from refit_operator.run.rules.views.waiting import Surroundings, subject_of

LEGEND = "The first check that answers decides: ● it answers now, ? only the operator knows whether it does."


def observe(api: Api, run: RetrainRun) -> Observed:
    """Return what the checks rest on, as far as the API server says it."""
    return Observed(run=run, job=_job(api, run), target=read_target(api, run.spec.serving), now=api.now())


def _job(api: Api, run: RetrainRun) -> JobView:
    job = next((each for each in jobs_of(api, run) if each["metadata"]["name"] == run.job_name), None)
    if job is None:
        return JobView(JobState.MISSING)
    pods = pods_of(api, job)
    subject = subject_of(job, pods)
    events = _explaining(api, EVENT, f"regarding.uid={subject}") if subject else []
    claims = view_claims(_explaining(api, CLAIM), []) if subject else ()
    return view_job(job, pods, Surroundings(events, claims))


def _explaining(api: Api, resource: Any, fields: str = "") -> list[Document]:
    """Return objects that only explain: where they may not be read, there are none."""
    try:
        return api.list_objects(resource, fields=fields)
    except Failed:
        return []


def command(
    name: RunName,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    output: Output = Format.TABLE,
) -> None:
    """Say what a run did, what it waits for, and which check of its decision answers now."""
    api = connect(namespace, context, kubeconfig)
    o = observe(api, find_run(api, name))
    if output.is_data:
        print_data(to_json(o), output)
    else:
        console().print(render(o, output is Format.WIDE))


def to_json(o: Observed) -> dict[str, Any]:
    """Return it as -o json prints it."""
    status = o.run.status
    return {
        "run": o.run.metadata.name,
        "monitor": o.run.spec.monitor_ref.name,
        "stage": status.stage,
        "outcome": status.outcome,
        "message": status.message,
        "conditions": [each.to_json() for each in status.conditions],
        "result": status.result.to_json(),
        "checks": [each.to_json() for each in steps(o)],
        "next": next_step(o),
    }


def render(o: Observed, wide: bool = False) -> RenderableType:
    """Return the screen."""
    run, status = o.run, o.run.status
    title = f"[bold]{run.metadata.namespace}/{run.metadata.name}[/]  {status.outcome or status.stage or 'New'}"
    parts: list[RenderableType] = [
        Text.from_markup(title),
        table("TIME (UTC)", "WHAT", rows=facts(run), flexible="WHAT"),
        "",
    ]
    if status.conditions:
        rows = [(each.type, each.status, each.reason, escape(each.message)) for each in status.conditions]
        parts += [table("CONDITION", "STATUS", "REASON", "MESSAGE", rows=rows, flexible="MESSAGE"), ""]
    if not run.is_finished:
        parts += [*([] if is_trained(o) else _job_lines(o.job)), _checks(steps(o), wide), ""]
    return Group(*parts, Text.from_markup(f"[bold]Next[/]  {escape(next_step(o))}"))


def _job_lines(job: JobView) -> list[RenderableType]:
    waits = f", waits ({job.waiting.reason}): {job.waiting.message}" if job.waiting else ""
    error = f", failed: {job.error}" if job.error else ""
    pod = f", pod {job.pod}" if job.pod else ""
    return [Text.from_markup(f"[bold]Job[/]  {job.state.name.lower()}{pod}{escape(waits)}{escape(error)}"), ""]


def _checks(found: list[Step], wide: bool) -> RenderableType:
    shown = [step for step in found if wide or step.answers or not step.known]
    passed = len(found) - len(shown)
    rows = [(_mark(step), step.check, escape(step.message)) for step in shown]
    note = (
        [Text.from_markup(f"[dim]and {passed} before, which don't apply now (-o wide shows them)[/]")] if passed else []
    )
    legend = Text.from_markup(f"[dim]{LEGEND}[/]")
    return Group(table("", "CHECK", "ANSWER", rows=rows, flexible="ANSWER"), *note, legend)


def _mark(step: Step) -> str:
    return "[yellow]?[/]" if not step.known else "[cyan]●[/]" if step.answers else "[dim]-[/]"
