"""`kubectl refit`, or `kubectl-refit`."""

import sys

import typer

from refit_cli import action_commands, audit, gitops, history, logs, report, status, timeline, tree, why
from refit_cli.doctor.command import command as doctor
from refit_cli.exits import Exit, Failed
from refit_cli.lint.command import command as lint
from refit_cli.simulate.command import command as simulate

app = typer.Typer(
    name="kubectl-refit",
    help="Show monitors and runs, act on them, and check a monitor before it is applied.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("get")(tree.command)
app.command("status")(status.command)
app.command("why")(why.command)
app.command("history")(history.command)
app.command("logs")(logs.command)
app.command("report")(report.command)
app.command("audit")(audit.command)
action_commands.register(app)
app.command("lint")(lint)
app.command("simulate")(simulate)
app.command("timeline")(timeline.command)
app.command("doctor")(doctor)
app.command("gitops")(gitops.command)


@app.callback()
def _root() -> None:
    """Leave it to the commands: one alone would be the whole program."""


def main() -> int:
    """Run a command; what it can't do is one line, and an exit code."""
    try:
        app(standalone_mode=True)
    except Failed as failed:
        print(f"error: {failed}", file=sys.stderr)
        return int(failed.code)
    return int(Exit.OK)


if __name__ == "__main__":
    sys.exit(main())
