"""`kubectl refit audit RUN`: a run that ended as one document, from its object or from a file."""

import json
import shlex
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from refit_cli.cluster import Api, connect
from refit_cli.exits import Exit, Failed
from refit_cli.lint.command import read_files
from refit_cli.objects import find_run
from refit_cli.options import Context, Kubeconfig, Namespace, Output
from refit_cli.output import Format, console, print_data, table
from refit_operator.api.audit import AUDIT_SCHEMA, AuditDocument
from refit_operator.api.run import RetrainRun
from refit_operator.run.rules.audit import audit_of

Name = Annotated[
    str, typer.Argument(metavar="[RUN]", help="Name of the RetrainRun, or of a ModelMonitor: its newest run.")
]


def command(
    name: Name = "",
    file: Annotated[str, typer.Option("-f", "--file", help="A kept document instead; - is standard input.")] = "",
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    output: Output = Format.TABLE,
) -> None:
    """Show who let a run's candidate serve, on which data, models and images it was judged, and how it ended."""
    if bool(name) == bool(file):
        raise Failed(Exit.USAGE, "give exactly one of RUN and --file")
    document = read_kept(file) if file else read_run(connect(namespace, context, kubeconfig), name)
    if output.is_data:
        print_data(document.to_json(), output)
    else:
        console().print(render(document))


def read_run(api: Api, name: str) -> AuditDocument:
    """Return the document of a run that is there. Raises Failed, with how to read one that was pruned."""
    try:
        return made_of(find_run(api, name))
    except Failed as missing:
        if missing.code is not Exit.NOT_FOUND:
            raise
        found = shlex.quote(f'cat "$REFIT_AUDIT_FOLDER"/{api.namespace}/{name.rpartition("/")[2]}.*.json')
        read = f"kubectl -n refit-system exec deploy/refit-operator -- sh -c {found} | kubectl refit audit -f -"
        raise Failed(missing.code, f"{missing}; where documents are kept: {read}") from None


def made_of(run: RetrainRun) -> AuditDocument:
    """Return the document of a run. Raises Failed while it is under way."""
    document = audit_of(run)
    if document is None:
        name = f"retrainrun/{run.metadata.name}"
        raise Failed(Exit.CONFLICT, f"{name} hasn't ended ({run.status.stage or 'New'}): kubectl refit why {name}")
    return document


def read_kept(file: str) -> AuditDocument:
    """Return the document in a file. Raises Failed where it is none, or of another version."""
    texts = list(read_files([file]))
    if len(texts) != 1:
        raise Failed(Exit.USAGE, f"{file} has {len(texts)} documents: name one file")
    ((source, text),) = texts
    try:
        found = json.loads(text)
        schema = found.get("schema") if isinstance(found, dict) else None
        if schema != AUDIT_SCHEMA:
            raise Failed(Exit.USAGE, f"{source}: schema is {schema!r}, and this kubectl-refit reads {AUDIT_SCHEMA!r}")
        return AuditDocument.model_validate(found)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise Failed(Exit.USAGE, f"{source}: {wrong}") from None
    except ValueError as error:
        raise Failed(Exit.USAGE, f"{source} isn't JSON: {error}") from None


def render(document: AuditDocument) -> RenderableType:
    """Return the screen."""
    ended = document.outcome
    title = f"[bold]{document.namespace}/{document.run}[/]  {ended.outcome} ({escape(ended.reason)})"
    shown = table("", "", rows=_facts(document), flexible="")
    shown.show_header = False
    times = [(f"{each.time:%Y-%m-%d %H:%M:%S}", each.moment) for each in document.timeline]
    parts: list[RenderableType] = [Text.from_markup(title), Text(ended.message), "", shown, ""]
    return Group(*parts, table("TIME (UTC)", "WHAT", rows=times))


def _facts(document: AuditDocument) -> list[tuple[str, str]]:
    models, data = document.models, document.data
    facts = (
        ("monitor", f"{document.monitor.name}, generation {document.monitor.generation}"),
        ("trigger", _trigger(document)),
        ("approval", _approval(document)),
        ("started from", models.starting),
        ("served", models.served),
        ("candidate", models.candidate),
        ("training data", _with(data.train, data.training_rows, data.training_fingerprint)),
        ("holdout", _with(data.holdout, data.holdout_rows, data.holdout_digest)),
        *((f"image of {name}", image) for name, image in document.images.items()),
        ("test", _test(document)),
        ("target", _target(document)),
    )
    return [(name, escape(text)) for name, text in facts if text]


def _trigger(document: AuditDocument) -> str:
    trigger = document.trigger
    value = "" if trigger.value is None else f" {trigger.value:.4g}"
    return f"{trigger.reason}; {document.metric}{value}, threshold {trigger.threshold:.4g}"


def _approval(document: AuditDocument) -> str:
    approval = document.approval
    if approval.decision is None:
        return f"none (mode {approval.mode})"
    why = f": {approval.reason}" if approval.reason else ""
    return f"{approval.decision} by {approval.by or 'somebody without a name'} (mode {approval.mode}){why}"


def _with(uri: str, rows: int | None, digest: str | None) -> str:
    return uri + ("" if rows is None else f", {rows:,} rows") + (f", {digest}" if digest else "")


def _test(document: AuditDocument) -> str:
    result = document.test.result
    if result is None:
        return ""
    difference = result.difference
    bounds = f", difference {difference.value} ({difference.low} to {difference.high})" if difference else ""
    return f"{result.metric} {result.candidate or 'unknown'}, served {result.served or 'none'}{bounds}"


def _target(document: AuditDocument) -> str:
    serving = document.serving
    name = f"{serving.kind} {serving.name}"
    if serving.after is None:
        return f"{name}, not changed"
    return f"{name}: {serving.before or 'no pointer'} → {serving.after or 'no pointer'}"
