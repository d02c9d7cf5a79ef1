"""The commands that change something, each a field or an annotation of a monitor or a run."""

from collections.abc import Callable
from typing import Annotated

import typer

from refit_cli import actions
from refit_cli.actions import Done
from refit_cli.cluster import Api, connect
from refit_cli.options import Context, DryRun, Kubeconfig, MonitorName, Namespace, Output, RunName
from refit_cli.output import Format, print_data
from refit_operator.api.run import Approval

Action = Callable[[Api, str, bool], Done]
Reason = Annotated[str, typer.Option("--reason", help="Why: kept with the run, and in its audit document.")]


def show(done: Done, dry_run: bool, output: Format) -> None:
    """Print what was done."""
    if output.is_data:
        print_data(done.to_json(), output)
    else:
        print(f"{done.object} {done.message}{' (dry run)' if dry_run and done.changed else ''}")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for name, words, action in ON_MONITORS:
        app.command(name, help=words)(_on_monitor(action))
    for name, words, action in ON_RUNS:
        app.command(name, help=words)(_on_run(action))
    for name, words, approval in APPROVALS:
        app.command(name, help=words)(_on_candidate(approval))


def _on_monitor(action: Action) -> Callable[..., None]:
    def command(
        name: MonitorName,
        namespace: Namespace = "",
        context: Context = "",
        kubeconfig: Kubeconfig = "",
        dry_run: DryRun = False,
        output: Output = Format.TABLE,
    ) -> None:
        show(action(connect(namespace, context, kubeconfig), name.rpartition("/")[2], dry_run), dry_run, output)

    return command


def _on_run(action: Action) -> Callable[..., None]:
    def command(
        name: RunName,
        namespace: Namespace = "",
        context: Context = "",
        kubeconfig: Kubeconfig = "",
        dry_run: DryRun = False,
        output: Output = Format.TABLE,
    ) -> None:
        show(action(connect(namespace, context, kubeconfig), name, dry_run), dry_run, output)

    return command


def _on_candidate(approval: Approval) -> Callable[..., None]:
    def command(
        name: RunName,
        reason: Reason = "",
        namespace: Namespace = "",
        context: Context = "",
        kubeconfig: Kubeconfig = "",
        dry_run: DryRun = False,
        output: Output = Format.TABLE,
    ) -> None:
        api = connect(namespace, context, kubeconfig)
        show(actions.decide_on(api, name, approval, dry_run, reason), dry_run, output)

    return command


def _suspend(api: Api, name: str, dry_run: bool) -> Done:
    return actions.suspend(api, name, True, dry_run)


def _resume(api: Api, name: str, dry_run: bool) -> Done:
    return actions.suspend(api, name, False, dry_run)


ON_MONITORS: tuple[tuple[str, str, Action], ...] = (
    ("retrain", "Request a run, whatever the metric says.", actions.retrain),
    ("rollback", "Request the model that served before.", actions.rollback),
    ("take", "Have the operator go on from the pointer that somebody else set.", actions.take),
    ("suspend", "Start no more runs; one under way finishes.", _suspend),
    ("resume", "Start runs again.", _resume),
)
ON_RUNS: tuple[tuple[str, str, Action], ...] = (
    ("abort", "End a run; what it promoted is rolled back.", actions.abort),
)
APPROVALS: tuple[tuple[str, str, Approval], ...] = (
    ("approve", "Let a run's candidate be promoted.", Approval.APPROVED),
    ("reject", "Have a run's candidate refused.", Approval.REJECTED),
)
