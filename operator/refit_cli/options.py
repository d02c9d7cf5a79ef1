"""Options that every command has which talks to a cluster: named as kubectl's."""

from typing import Annotated

import typer

from refit_cli.output import Format

Namespace = Annotated[str, typer.Option("-n", "--namespace", help="The namespace. Default: the context's.")]
Context = Annotated[str, typer.Option("--context", help="The kubeconfig's context. Default: the current one.")]
Kubeconfig = Annotated[str, typer.Option("--kubeconfig", help="The kubeconfig. Default: KUBECONFIG, ~/.kube/config.")]
Output = Annotated[Format, typer.Option("-o", "--output", help="table, wide, json or yaml.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Have the API server check it, and change nothing.")]
MonitorName = Annotated[str, typer.Argument(metavar="MONITOR", help="Name of the ModelMonitor.")]
RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="Name of the RetrainRun, or of a ModelMonitor: its newest run.")
]
