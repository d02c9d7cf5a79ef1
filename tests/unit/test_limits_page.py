"""docs/reference/limits.md: each number in it is the one that the code, the CRDs or the manifests have.

The last cell of a row names where each number of its second cell stands, in their order: a constant or a setting
(`prometheus.session.MAX_ANSWER`), an argument or an entry of it (`prometheus.client._THREADS:max_workers`), a bound or
a default of a field (`spec.metric.query:maxLength`), or a variable that a policy bounds
(`manifests/base/monitor-limits.yaml:spec`).
Sources are read, not imported: the trainer's need what only its image has.
"""

import ast
import operator
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from localcluster.paths import CHECKOUT
from refit_operator.api.durations import parse_duration
from tests.support.pages import rows as cells_of_rows

PAGE = CHECKOUT / "docs" / "reference" / "limits.md"
ROOTS = (CHECKOUT / "operator" / "refit_operator", CHECKOUT / "trainer_image")
CRD = CHECKOUT / "crds" / "refit.dev_modelmonitors.yaml"
UNITS = {"KiB": 2**10, "MiB": 2**20, "million": 10**6, "min": 60, "h": 3600, "day": 86400, "days": 86400}
NUMBER = re.compile(rf"(\d[\d,]*(?:\.\d+)?)(?: ({'|'.join(UNITS)})\b)?")
SOURCE = re.compile(r"`([a-z][\w/-]*(?:\.[\w{}\[\]]+)+(?::\w+)?)`")
OPERATIONS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Mult: operator.mul,
    ast.Sub: operator.sub,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
}


def rows() -> Iterator[tuple[str, list[float], list[str]]]:
    """Return of each row what it bounds, its numbers, and where they stand."""
    for cells in cells_of_rows(PAGE):
        yield cells[0], numbers(cells[1]), SOURCE.findall(cells[-1])


def numbers(cell: str) -> list[float]:
    return [float(digits.replace(",", "")) * UNITS.get(unit, 1) for digits, unit in NUMBER.findall(cell)]


def read(source: str) -> list[float]:
    """Return the numbers that stand at a place."""
    name, _, part = source.partition(":")
    if name.startswith("manifests/"):
        return [in_policy(name, part)]
    return flat(in_crd(name, part) if name.startswith("spec.") else in_code(name, part))


def in_policy(file: str, variable: str) -> float:
    return max(map(float, re.findall(rf"variables\.{variable}\)? <= (\d+)", (CHECKOUT / file).read_text())))


def flat(value: Any) -> list[float]:
    if isinstance(value, timedelta):
        return [value.total_seconds()]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else None
    return [float(value)] if parts is None else [number for part in parts for number in flat(part)]


@cache
def monitor_schema() -> dict[str, Any]:
    version = yaml.safe_load(CRD.read_text())["spec"]["versions"][0]
    return dict(version["schema"]["openAPIV3Schema"])


def in_crd(path: str, bound: str) -> Any:
    schema = monitor_schema()
    for name in path.replace("[]", ".[]").replace("{}", ".{}").split("."):
        inner = {"[]": "items", "{}": "additionalProperties"}.get(name)
        schema = schema[inner] if inner else schema["properties"][name]
    found = schema[bound]
    return parse_duration(found) if isinstance(found, str) else found


def in_code(name: str, argument: str) -> Any:
    """Return the value of a name of a module, or of a class in it."""
    file, (*classes, last) = locate(name.split("."))
    module = ast.parse(file.read_text())
    inside: ast.Module | ast.ClassDef = module
    for one in classes:
        inside = next(node for node in inside.body if isinstance(node, ast.ClassDef) and node.name == one)
    statement = next(node for node in inside.body if last in names_of(node))
    if argument:
        return evaluate(next(value for key, value in arguments_in(statement) if key == argument), module)
    return evaluate(value_of(statement), module)


def arguments_in(statement: ast.stmt) -> Iterator[tuple[Any, ast.expr]]:
    """Return the named arguments of calls, and the entries of dictionaries."""
    for node in ast.walk(statement):
        if isinstance(node, ast.keyword):
            yield node.arg, node.value
        if isinstance(node, ast.Dict):
            entries = zip(node.keys, node.values, strict=True)
            yield from ((key.value, entry) for key, entry in entries if isinstance(key, ast.Constant))


def locate(parts: list[str]) -> tuple[Path, list[str]]:
    """Return a module's file, and what is left of the name."""
    for root in ROOTS:
        for length in range(len(parts) - 1, 0, -1):
            file = root.joinpath(*parts[:length]).with_suffix(".py")
            if file.exists():
                return file, parts[length:]
    raise LookupError(".".join(parts))


def value_of(statement: ast.stmt) -> ast.expr:
    assert isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value
    return statement.value


def names_of(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return [node.name] if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []


def evaluate(node: ast.expr, module: ast.Module) -> Any:
    """Return what an expression of numbers is: what constants are made of here, and no more."""
    match node:
        case ast.Name(id=name):
            return evaluate(value_of(next(one for one in module.body if name in names_of(one))), module)
        case ast.BinOp(left=left, op=sign, right=right):
            return OPERATIONS[type(sign)](evaluate(left, module), evaluate(right, module))
        case ast.Call(func=ast.Name(id="timedelta"), keywords=keywords):
            return timedelta(**{str(one.arg): evaluate(one.value, module) for one in keywords})
        case ast.Call(func=ast.Name(id="Field"), args=[first, *_]):
            return evaluate(first, module)
        case ast.Call(func=ast.Name(id="Field"), keywords=keywords):
            return evaluate(next(one.value for one in keywords if one.arg == "default"), module)
    return ast.literal_eval(node)


@pytest.mark.parametrize(("what", "said", "sources"), [pytest.param(*row, id=row[0]) for row in rows()])
def test_a_limit_is_the_one_that_is_kept(what: str, said: list[float], sources: list[str]) -> None:
    assert said and said == [number for source in sources for number in read(source)]


def test_no_limit_stands_twice() -> None:
    named = [source for _, _, sources in rows() for source in sources]
    assert sorted(named) == sorted(set(named))
