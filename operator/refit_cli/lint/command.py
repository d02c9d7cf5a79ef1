"""`kubectl refit lint FILE…`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.markup import escape

from refit_cli.exits import Exit, Failed
from refit_cli.lint.documents import read_documents
from refit_cli.lint.findings import Finding, Located, Severity, error
from refit_cli.lint.monitor import is_ours, lint
from refit_cli.output import Format, console, print_data

SUFFIXES = (".yaml", ".yml", ".json")


def lint_text(file: str, text: str, label: str = "") -> tuple[int, list[Located]]:
    """Return how many monitors a file has, and what is wrong with them."""
    found, monitors = list[Located](), 0
    try:
        for source in read_documents(text):
            if is_ours(source.content):
                monitors += 1
                name = f"{source.content.get('kind')}/{(source.content.get('metadata') or {}).get('name', '')}"
                found += [Located(file, source.line_of(each.path), name, each) for each in lint(source.content, label)]
    except yaml.MarkedYAMLError as broken:
        found.append(_unreadable(file, broken))
    return monitors, found


def _unreadable(file: str, broken: yaml.MarkedYAMLError) -> Located:
    line = broken.problem_mark.line + 1 if broken.problem_mark else 1
    return Located(file, line, "", error("yaml", (), broken.problem or "isn't YAML"))


def read_files(names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield name and text of each file, of the files in each folder, and of standard input for `-`."""
    for name in names:
        path = Path(name)
        if name == "-":
            yield "stdin", sys.stdin.read()
        elif (path / "kustomization.yaml").exists():
            how = f"lint what it renders: kubectl kustomize {name} | kubectl refit lint -"
            raise Failed(Exit.USAGE, f"{name} is a kustomization, whose files are parts of monitors; {how}")
        elif path.is_dir():
            yield from ((str(each), each.read_text()) for each in sorted(path.rglob("*")) if each.suffix in SUFFIXES)
        else:
            yield name, _read(path)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as unreadable:
        raise Failed(Exit.USAGE, f"{path}: {getattr(unreadable, 'strerror', None) or 'is no text'}") from None


def command(
    files: Annotated[list[str], typer.Argument(help="Files or folders of YAML or JSON; - is standard input.")],
    output: Annotated[Format, typer.Option("-o", "--output", help="table, json or yaml.")] = Format.TABLE,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings end with exit code 1, too.")] = False,
    namespace_label: Annotated[
        str, typer.Option(help="The operator's REFIT_PROMETHEUS_NAMESPACE_LABEL, where it has one.")
    ] = "",
) -> None:
    """Check monitors without a cluster: schema, CEL rules, PromQL, durations, frequent mistakes."""
    monitors, found = 0, list[Located]()
    for name, text in read_files(files):
        count, more = lint_text(name, text, namespace_label)
        monitors, found = monitors + count, found + more
    _show(monitors, found, output)
    bad = [each for each in found if strict or each.finding.severity is Severity.ERROR]
    raise typer.Exit(Exit.FOUND if bad else Exit.OK)


def _show(monitors: int, found: list[Located], output: Format) -> None:
    if output.is_data:
        print_data({"monitors": monitors, "findings": [each.to_json() for each in found]}, output)
        return
    out = console()
    for each in found:
        out.print(_line(each.file, each.line, each.finding), soft_wrap=True)
    errors = sum(each.finding.severity is Severity.ERROR for each in found)
    counted = f"{_count(errors, 'error')}, {_count(len(found) - errors, 'warning')}"
    out.print(f"{_count(monitors, 'monitor')}: {counted if found else 'nothing found'}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _line(file: str, line: int, finding: Finding) -> str:
    colour = "red" if finding.severity is Severity.ERROR else "yellow"
    field = f"{finding.field}: " if finding.path else ""
    text = escape(f"{field}{finding.message}")
    return f"{escape(file)}:{line}: [{colour}]{finding.severity}[/] {text} [dim]({finding.rule})[/]"
