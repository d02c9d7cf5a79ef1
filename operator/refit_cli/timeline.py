"""`kubectl refit timeline MONITOR`: its metric over time, the threshold, and what its runs did."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from refit_cli.chart import Chart, draw, long_enough, marks_of, to_html, within
from refit_cli.cluster import Cluster, connect
from refit_cli.exits import Exit, Failed
from refit_cli.lint.command import read_files
from refit_cli.objects import get_monitor, parse, runs_of
from refit_cli.options import Context, Kubeconfig, MonitorName, Namespace
from refit_cli.output import console
from refit_cli.prometheus import by_address, by_service
from refit_cli.simulate.command import duration
from refit_cli.simulate.fetch import fetch
from refit_cli.simulate.rows import on_grid, read_rows
from refit_operator.api.monitor import ModelMonitor
from refit_operator.prometheus.rules.window import Window

NARROWEST, WIDEST = 40, 160


def command(
    name: MonitorName,
    csv: Annotated[str, typer.Option("--csv", help="Readings: time, and value or good and total.")] = "",
    prometheus: Annotated[str, typer.Option("--prometheus", help="A server's URL that this machine reaches.")] = "",
    service: Annotated[str, typer.Option("--service", help="A server as namespace/service:port, by proxy.")] = "",
    since: Annotated[str, typer.Option("--since", help="How far back, in hours.")] = "24h",
    digest: Annotated[str, typer.Option("--digest", help="What $(digest) stands for in queries.")] = "",
    html: Annotated[str, typer.Option("--html", help="Write a page to this file instead.")] = "",
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
) -> None:
    """Draw a monitor's metric, its threshold, and what its runs did."""
    if bool(csv) + bool(prometheus) + bool(service) != 1:
        raise Failed(Exit.USAGE, "give exactly one of --csv, --prometheus and --service")
    cluster = connect(namespace, context, kubeconfig)
    monitor = parse(ModelMonitor, get_monitor(cluster, name))
    chart = Chart(
        monitor.spec.metric,
        _readings(cluster, monitor, csv, prometheus, service, since, digest),
        marks_of(runs_of(cluster, monitor)),
    )
    if not long_enough(chart.readings):
        raise Failed(Exit.NOT_FOUND, f"{name}: fewer than two readings in {since}")
    if html:
        Path(html).write_text(to_html(chart, f"{monitor.metadata.namespace}/{name}"))
        print(f"wrote {html}")
    else:
        _show(chart)


def _readings(
    cluster: Cluster, monitor: ModelMonitor, csv: str, prometheus: str, service: str, since: str, digest: str
) -> Window:
    if csv:
        ((_, text),) = read_files([csv])
        return on_grid(read_rows(text, monitor.spec.metric), monitor.spec.metric)
    get = by_service(cluster, service) if service else by_address(prometheus)
    return fetch(get, monitor, duration("--since", since), datetime.now(UTC), digest)


def _show(chart: Chart) -> None:
    out = console()
    out.print(draw(chart, min(WIDEST, max(NARROWEST, out.width - 10))), end="")
    for mark in within(chart.marks, chart):
        out.print(Text(f"{mark.sign} {mark.time:%m-%d %H:%M:%S}  {mark.words}"))
