"""`kubectl refit simulate`: when a monitor would have retrained, and what that would have cost."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from refit_cli.cluster import connect
from refit_cli.exits import Exit, Failed
from refit_cli.lint.command import read_files
from refit_cli.lint.documents import read_documents
from refit_cli.lint.findings import Severity
from refit_cli.lint.monitor import lint
from refit_cli.metric import interval_of
from refit_cli.objects import get_monitor
from refit_cli.options import Context, Kubeconfig, Namespace, Output
from refit_cli.output import Format, console, print_data, table
from refit_cli.prometheus import by_address, by_service
from refit_cli.simulate.fetch import fetch
from refit_cli.simulate.play import Played, play
from refit_cli.simulate.rows import on_grid, read_rows
from refit_cli.simulate.sweep import Sweep, parse_sweep
from refit_operator.api.durations import parse_duration
from refit_operator.api.monitor import ModelMonitor
from refit_operator.prometheus.rules.reading import Value
from refit_operator.prometheus.rules.window import Window

Document = dict[str, Any]


UNCHANGED = "Runs change nothing here: the readings go on as recorded, and each run ends as refused."


@dataclass(frozen=True)
class Cost:
    """What a run costs: its time, on how many GPUs."""

    takes: timedelta
    gpus: float

    def hours(self, runs: int) -> float:
        """Return the GPU hours of so many runs."""
        return runs * self.gpus * (self.takes / timedelta(hours=1))


@dataclass(frozen=True)
class Result:
    """One monitor, played."""

    label: str
    played: Played
    cost: Cost

    def to_json(self) -> Document:
        """Return it as -o json prints it."""
        runs = [{"time": run.time.isoformat(), "value": run.value, "message": run.message} for run in self.played.runs]
        return {
            "value": self.label,
            "readings": len(self.played.readings),
            "values": sum(isinstance(reading, Value) for reading in self.played.readings),
            "breached": self.played.breached,
            "runs": runs,
            "held": dict(self.played.held),
            "gpuHours": round(self.cost.hours(len(runs)), 3),
        }


def gpus_of(monitor: ModelMonitor) -> float:
    """Return how many accelerators a run has on all its machines: what its limits name with a domain."""
    limits = monitor.spec.training.resources.limits
    each = [float(count) for name, count in limits.items() if "/" in name and str(count).replace(".", "", 1).isdigit()]
    return sum(each) * monitor.spec.training.num_nodes


def checked(document: Document, what: str) -> ModelMonitor:
    """Return the monitor. Raises Failed for one that lint finds errors in."""
    wrong = [each for each in lint(document) if each.severity is Severity.ERROR]
    if wrong:
        raise Failed(Exit.USAGE, f"{what}: {wrong[0].field}: {wrong[0].message} (kubectl refit lint says all)")
    placeholder = {"uid": "simulated", "creationTimestamp": "1970-01-01T00:00:00Z", "namespace": "default"}
    metadata = placeholder | document["metadata"]
    return ModelMonitor.model_validate({**document, "metadata": metadata, "status": {}})


def read_file(name: str) -> Document:
    """Return the one ModelMonitor of a file. Raises Failed."""
    try:
        found = [source.content for _, text in read_files([name]) for source in read_documents(text)]
    except yaml.YAMLError as broken:
        raise Failed(Exit.USAGE, f"{name}: {broken}") from None
    monitors = [each for each in found if isinstance(each, dict) and each.get("kind") == "ModelMonitor"]
    if len(monitors) != 1:
        raise Failed(Exit.USAGE, f"{name} has {len(monitors)} ModelMonitors, and one is needed")
    return dict(monitors[0])


def results(
    document: Document, readings_of: Any, sweep: Sweep | None, takes: timedelta, gpus: float | None
) -> list[Result]:
    """Return what would have happened, once or for each value of a sweep."""
    values = sweep.values if sweep else (None,)
    made = list[Result]()
    for value in values:
        changed = sweep.change(document, value) if sweep else document
        label = f"{value}" if sweep else ""
        monitor = checked(changed, f"{sweep.field}={label}" if sweep else document["metadata"]["name"])
        cost = Cost(takes, gpus_of(monitor) if gpus is None else gpus)
        made.append(Result(label, play(monitor, readings_of(monitor), takes), cost))
    return made


def command(
    monitor: Annotated[str, typer.Argument(metavar="MONITOR|FILE", help="A ModelMonitor's name, or a file with one.")],
    csv: Annotated[str, typer.Option("--csv", help="Readings: time, and value or good and total.")] = "",
    prometheus: Annotated[str, typer.Option("--prometheus", help="A server's URL that this machine reaches.")] = "",
    service: Annotated[str, typer.Option("--service", help="A server as namespace/service:port, by proxy.")] = "",
    since: Annotated[str, typer.Option("--since", help="How far back Prometheus is asked, in hours.")] = "336h",
    digest: Annotated[str, typer.Option("--digest", help="What $(digest) stands for in queries.")] = "",
    sweep: Annotated[str, typer.Option("--sweep", help="field=value,value or field=first:last:step.")] = "",
    takes: Annotated[str, typer.Option("--run-takes", help="How long a run takes.")] = "1h",
    gpus: Annotated[float, typer.Option("--gpus", help="GPUs of a run. Default: those of its limits.")] = -1,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    output: Output = Format.TABLE,
) -> None:
    """Say when a monitor would have retrained, by readings of before, and what that would have cost."""
    is_file = Path(monitor).exists() or monitor == "-"
    cluster = None if is_file and not service else connect(namespace, context, kubeconfig)
    document = read_file(monitor) if cluster is None or is_file else get_monitor(cluster, monitor)
    if bool(csv) + bool(prometheus) + bool(service) != 1:
        raise Failed(Exit.USAGE, "give exactly one of --csv, --prometheus and --service")
    text = dict(read_files([csv])) if csv else {}
    get = by_service(cluster, service) if cluster and service else by_address(prometheus)

    now, known = datetime.now(UTC), dict[Any, Window]()

    def read(one: ModelMonitor) -> Window:
        if text:
            return on_grid(read_rows("\n".join(text.values()), one.spec.metric), one.spec.metric)
        return fetch(get, one, duration("--since", since), now, digest)

    def readings_of(one: ModelMonitor) -> Window:
        """Read once what is the same for several values of a sweep."""
        metric = one.spec.metric
        key = (metric.promql, metric.samples, interval_of(metric), metric.below, metric.bounds)
        return known[key] if key in known else known.setdefault(key, read(one))

    plan = parse_sweep(sweep) if sweep else None
    found = results(document, readings_of, plan, duration("--run-takes", takes), None if gpus < 0 else gpus)
    show(found, plan, output)


def duration(name: str, text: str) -> timedelta:
    """Return an option that is a duration. Raises Failed."""
    try:
        found = parse_duration(text)
    except ValueError:
        found = timedelta(0)
    if not isinstance(found, timedelta) or found <= timedelta(0):
        raise Failed(Exit.USAGE, f"{name} {text!r}: write a duration such as 90s, 1h30m or 336h")
    return found


def show(found: list[Result], sweep: Sweep | None, output: Format) -> None:
    """Print the results."""
    if output.is_data:
        print_data([each.to_json() for each in found] if sweep else found[0].to_json(), output)
    elif sweep:
        console().print(swept(sweep, found))
    else:
        _show_one(found[0])


SWEPT = ("RUNS", "GPU HOURS", "FIRST (UTC)", "IN BREACH", "HELD BY")
SAID = (
    "IN BREACH: readings on the wrong side. HELD BY: how many of these started no run, and by which check; Within: too "
    "few of the newest readings were in breach."
)


def swept(sweep: Sweep, found: list[Result]) -> RenderableType:
    """Return the screen of a sweep: a line for each value."""
    field = sweep.path[-1].upper() if len(sweep.path) < 4 else ".".join(sweep.path[-2:]).upper()
    rows = map(_swept, found)
    shown = table(field, *SWEPT, rows=rows, flexible="HELD BY", numbers=("RUNS", "GPU HOURS", "IN BREACH"))
    return Group(shown, "", Text(f"{SAID} {UNCHANGED}", style="dim"))


def _swept(result: Result) -> tuple[str, ...]:
    runs = result.played.runs
    first = f"{runs[0].time:%m-%d %H:%M}" if runs else "-"
    hours = f"{result.cost.hours(len(runs)):,.1f}"
    return (result.label, str(len(runs)), hours, first, f"{result.played.breached:,}", _held(result.played))


def _held(played: Played) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in played.held.most_common())


def _show_one(result: Result) -> None:
    out, played = console(), result.played
    times = [reading.time for reading in played.readings]
    span = f" from {times[0]:%Y-%m-%d %H:%M} to {times[-1]:%Y-%m-%d %H:%M} UTC" if times else ""
    values = sum(isinstance(reading, Value) for reading in played.readings)
    out.print(f"{len(times):,} readings{span}, {values:,} of them values, {played.breached:,} in breach")
    if played.runs:
        rows = [
            (str(n), f"{run.time:%Y-%m-%d %H:%M}", escape(run.message)) for n, run in enumerate(played.runs, start=1)
        ]
        out.print(table("#", "TIME (UTC)", "WHY", rows=rows, flexible="WHY"))
    hours = result.cost.hours(len(played.runs))
    runs = "1 run" if len(played.runs) == 1 else f"{len(played.runs)} runs"
    out.print(f"[bold]{runs}, {hours:,.1f} GPU hours[/]{'; held by ' + _held(played) if played.held else ''}")
    out.print(f"[dim]{UNCHANGED}[/]")
