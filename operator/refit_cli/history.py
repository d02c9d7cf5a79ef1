"""`kubectl refit history MONITOR`: its runs as a table."""

from typing import Any

from rich.markup import escape

from refit_cli.cluster import connect
from refit_cli.objects import get_monitor, parse, runs_of
from refit_cli.options import Context, Kubeconfig, MonitorName, Namespace, Output
from refit_cli.output import Format, console, print_data, span, table
from refit_operator.api.conditions import ConditionType, find
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import RetrainRun


def to_json(run: RetrainRun) -> dict[str, Any]:
    """Return a run as -o json prints it."""
    spec, status, gate = run.spec, run.status, run.status.result.gate
    finished = find(status.conditions, ConditionType.FINISHED)
    return {
        "ordinal": spec.ordinal,
        "run": run.metadata.name,
        "trigger": spec.trigger.reason.value,
        "value": spec.trigger.value,
        "started": run.metadata.creation_timestamp.isoformat(),
        "completed": status.completion_time.isoformat() if status.completion_time else None,
        "metric": gate.metric if gate else None,
        "candidate": gate.candidate if gate else None,
        "served": gate.served if gate else None,
        "outcome": status.outcome.value if status.outcome else None,
        "reason": finished.reason if finished else None,
        "message": status.message,
    }


def row(run: RetrainRun, wide: bool) -> tuple[str, ...]:
    """Return a run's line."""
    found, status = to_json(run), run.status
    value = "" if found["value"] is None else f"{found['value']:.4g}"
    took = span(status.completion_time - run.metadata.creation_timestamp) if status.completion_time else ""
    outcome = found["outcome"] or status.stage or "New"
    started = f"{run.metadata.creation_timestamp:%m-%d %H:%M}"
    models = (found["candidate"] or "", found["served"] or "")
    line = (found["run"], started, took, *models, str(outcome))
    more = (found["reason"] or "", f"{found['trigger']} {value}".rstrip(), escape(status.message or ""))
    return (*line, *more) if wide else (*line, found["reason"] or "")


COLUMNS = ("RUN", "STARTED", "TOOK", "CANDIDATE", "SERVED", "OUTCOME", "REASON")
"""As wide as a terminal of 80 columns, where only the reason is broken."""


def command(
    name: MonitorName,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    output: Output = Format.TABLE,
) -> None:
    """Show the runs of a monitor that are kept, oldest first."""
    api = connect(namespace, context, kubeconfig)
    runs = runs_of(api, parse(ModelMonitor, get_monitor(api, name)))
    if output.is_data:
        print_data([to_json(run) for run in runs], output)
        return
    wide = output is Format.WIDE
    columns = (*COLUMNS, "TRIGGER", "MESSAGE") if wide else COLUMNS
    rows = [row(run, wide) for run in runs]
    console().print(table(*columns, rows=rows, flexible=columns[-1]) if rows else f"{name} has no runs yet")
