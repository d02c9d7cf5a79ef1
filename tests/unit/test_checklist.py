"""docs/reference/checklist.md: 45 rows, whose commands name what there is; run by tests/cluster/test_checklist.py."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
import yaml

from localcluster.paths import CHECKOUT
from refit_cli.__main__ import app
from tests.support.pages import Row, checklist

ROWS = checklist()
COMMANDS = [command for row in ROWS for command in row.commands]
CRD = yaml.safe_load((CHECKOUT / "crds" / "refit.dev_modelmonitors.yaml").read_text())
SCHEMA = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
TARGETS = set(re.findall(r"^([\w-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
FOLDERS = ("charts", "crds", "docs", "manifests", "tests")


def named(pattern: str) -> list[str]:
    """Return what a pattern's group finds in the commands."""
    found = [word for command in COMMANDS for word in re.findall(pattern, command)]
    assert found, pattern
    return found


def test_there_are_45_rows_each_with_its_number() -> None:
    assert [row.number for row in ROWS] == [str(number) for number in range(1, 46)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what[:40])
def test_a_row_has_a_command_and_a_test_or_says_that_it_is_not_there(row: Row) -> None:
    assert bool(row.commands) == bool(row.tests)
    assert row.is_there or "**not there**" in row.what


def test_every_target_of_make_is_there() -> None:
    assert set(named(r"^make ([\w-]+)")) <= TARGETS


def test_every_file_is_there() -> None:
    paths = named(rf"(?:^| )((?:{'|'.join(FOLDERS)})/[\w./-]+)")
    assert [path for path in paths if not (CHECKOUT / path).exists()] == []


def test_every_command_of_the_plugin_is_there() -> None:
    assert set(named(r"^kubectl refit ([\w-]+)")) <= set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def fields(schema: dict[str, Any], path: list[str]) -> Iterator[str]:
    """Return the fields of a path that the schema has."""
    for name in path:
        schema = schema.get("properties", {}).get(name, {})
        if schema:
            yield name


@pytest.mark.parametrize("path", named(r"^kubectl explain modelmonitor\.([\w.]+)"))
def test_every_field_that_is_explained_is_there(path: str) -> None:
    assert list(fields(SCHEMA, path.split("."))) == path.split(".")
