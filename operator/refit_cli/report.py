"""`kubectl refit report RUN`: both models on the holdout, by slice, and where the candidate's page is."""

import shlex
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from refit_cli.cluster import connect
from refit_cli.exits import Exit, Failed
from refit_cli.objects import find_run, read_target
from refit_cli.options import Context, Kubeconfig, Namespace, Output, RunName
from refit_cli.output import Format, console, print_data, table
from refit_operator.api.results import RunResult
from refit_operator.api.run import RetrainRun
from refit_operator.run.rules.manifests.config import checkpoint_uri
from refit_operator.target.rules.view import TargetView

PAGE = "report.html"
"""What the judge leaves beside the candidate."""


def page_of(run: RetrainRun) -> str:
    """Return where the candidate's page is."""
    return f"{checkpoint_uri(run)}/{PAGE}"


def how_to_read(run: RetrainRun, target: TargetView | None) -> str:
    """Return the command that fetches the page from a claim, by a pod that mounts it; empty where none is known to."""
    uri = target.to_server_uri(page_of(run)) if target else None
    if (
        target is None
        or uri is None
        or not uri.startswith("file://")
        or target.kind.name not in ("Deployment", "StatefulSet")
    ):
        return ""
    workload = f"{target.kind.name.lower()}/{target.document['metadata']['name']}"
    words = ["kubectl", "exec", "-n", run.metadata.namespace, workload, "-c", target.readers[0].name, "--", "cat"]
    return f"{shlex.join([*words, uri.removeprefix('file://')])} > {run.metadata.name}.html"


def command(
    name: RunName,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    output: Output = Format.TABLE,
) -> None:
    """Show what trainer and judge reported of a run, by slice, and where the candidate's page is."""
    api = connect(namespace, context, kubeconfig)
    run = find_run(api, name)
    if run.status.result.gate is None:
        raise Failed(
            Exit.NOT_FOUND, f"retrainrun/{run.metadata.name} has no report of its judge: kubectl refit why {name}"
        )
    how = how_to_read(run, read_target(api, run.spec.serving))
    if output.is_data:
        print_data(to_json(run, how), output)
    else:
        out = console()
        out.print(render(run))
        out.print(f"page  {page_of(run)}\n{how}".rstrip(), soft_wrap=True, markup=False)


def to_json(run: RetrainRun, how: str) -> dict[str, Any]:
    """Return it as -o json prints it."""
    return {"run": run.metadata.name, "result": run.status.result.to_json(), "page": page_of(run), "fetch": how}


def render(run: RetrainRun) -> RenderableType:
    """Return the screen."""
    result, status = run.status.result, run.status
    title = f"[bold]{run.metadata.namespace}/{run.metadata.name}[/]  {status.outcome or status.stage}"
    parts: list[RenderableType] = [Text.from_markup(title), Text(status.message or ""), "", _models(result)]
    if result.slices:
        rows = [_slice(name, result) for name in sorted(result.slices)]
        parts += ["", table("SLICE", "ROWS", "CANDIDATE", "SERVED", "DIFFERENCE", rows=rows)]
    return Group(*parts, "")


def _models(result: RunResult) -> RenderableType:
    gate = result.gate
    if gate is None:
        return ""
    difference = gate.difference
    bounds = f"{difference.value} ({difference.low} to {difference.high})" if difference else ""
    rows = f"{result.holdout_rows:,}" if result.holdout_rows else ""
    line = (gate.metric, gate.candidate or "", gate.served or "", bounds, rows)
    return table("METRIC", "CANDIDATE", "SERVED", "DIFFERENCE", "HOLDOUT ROWS", rows=[line])


def _slice(name: str, result: RunResult) -> tuple[str, ...]:
    found = result.slices[name]
    difference = f"{found.difference.low} to {found.difference.high}" if found.difference else ""
    return escape(name), f"{found.rows:,}", found.candidate, found.served or "", difference
