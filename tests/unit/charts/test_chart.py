"""The chart is generated of what is installed without it, and says of each value what it is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from charts.__main__ import CHART, WRITTEN_BY_HAND, chart_files, out_of_date
from charts.changes import Change, Unexpected, applied
from charts.defaults import default_values
from charts.schema import values_schema
from charts.settings import SET_BY_THE_CHART, settings_schema
from charts.templates import TEMPLATES, WITHOUT
from localcluster.paths import CHECKOUT
from refit_operator.settings import Settings

Schema = dict[str, Any]
USED = re.compile(r"\.Values\.([A-Za-z.]+)")


def test_the_chart_in_the_checkout_is_the_generated_one() -> None:
    assert out_of_date(chart_files(), CHART) == []


def test_what_differs_what_is_missing_and_what_is_too_much_is_out_of_date(tmp_path: Path) -> None:
    files = {"Chart.yaml": "a", "templates/deployment.yaml": "b", "templates/rbac.yaml": "c"}
    (tmp_path / "templates").mkdir()
    kept = {"templates/rbac.yaml": "c", "Chart.yaml": "of before", "templates/gone.yaml": "d"}
    for name, text in kept.items() | {(name, "") for name in WRITTEN_BY_HAND}:
        (tmp_path / name).write_text(text)
    assert out_of_date(files, tmp_path) == ["Chart.yaml", "templates/deployment.yaml", "templates/gone.yaml"]


def test_every_file_of_the_base_is_in_the_chart_or_left_out_with_a_reason() -> None:
    files = {path.name for path in (CHECKOUT / "manifests/base").glob("*.yaml")} - {"kustomization.yaml"}
    sources = {each.source for each in TEMPLATES}
    assert files == {name for name in files if f"manifests/base/{name}" in sources} | WITHOUT.keys()
    crds = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "crds").glob("refit.dev_*.yaml")}
    assert crds == {source for source in sources if source.startswith("crds/")}


@pytest.mark.parametrize("text", ["replicas: 3\n", "replicas: 1\nreplicas: 1\n"])
def test_a_manifest_that_the_chart_does_not_expect_ends_the_generation(text: str) -> None:
    with pytest.raises(Unexpected, match=r"has this [02] times, and the chart expects 1:\nreplicas: 1"):
        applied("deployment.yaml", text, (Change("replicas: 1", "replicas: {{ .Values.replicas }}"),))


def test_what_helm_would_take_for_an_action_ends_the_generation() -> None:
    with pytest.raises(Unexpected, match="Helm would take for an action"):
        applied("run-guard.yaml", "message: '{{'\n", ())


def test_the_usual_namespace_becomes_the_releases() -> None:
    assert applied("a.yaml", "namespace: refit-system\n", ()) == "namespace: {{ .Release.Namespace }}\n"


def test_a_document_is_rendered_only_under_its_condition() -> None:
    first, second = (f"kind: Role\nmetadata: {{name: {name}}}\n" for name in ("a", "b"))
    text = applied("a.yaml", f"{first}---\n# Why.\n{second}", (), {("Role", "b"): ".Values.b"})
    assert text == f"{first}{{{{- if .Values.b }}}}\n---\n# Why.\n{second}{{{{- end }}}}\n"


def test_a_condition_of_a_document_that_is_not_there_ends_the_generation() -> None:
    with pytest.raises(Unexpected, match=r"a\.yaml has no Role b after its first document"):
        applied("a.yaml", "kind: Role\nmetadata: {name: b}\n", (), {("Role", "b"): ".Values.b"})


def test_the_values_in_the_file_are_those_of_the_manifests() -> None:
    assert yaml.safe_load((CHART / "values.yaml").read_text()) == default_values(CHECKOUT / "manifests/base")


def parts(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield each value of a schema by its path, with those of the items of a list."""
    for name, field in schema.get("properties", {}).items():
        yield f"{path}{name}", field
        yield from parts(field, f"{path}{name}.")
        yield from parts(field.get("items", {}), f"{path}{name}.")


def test_every_value_has_a_description_and_a_type_and_no_other_is_accepted() -> None:
    found = dict(parts(values_schema()))
    assert len(found) > 50
    assert [path for path, field in found.items() if not str(field.get("description", "")).endswith(".")] == []
    assert [path for path, field in found.items() if not {"type", "anyOf", "enum"} & field.keys()] == []
    closed = [field for field in (values_schema(), *found.values()) if "properties" in field]
    assert [field for field in closed if field.get("additionalProperties") is not False] == []


def test_no_pattern_of_a_value_is_more_than_go_knows() -> None:
    patterns = [field["pattern"] for _, field in parts(values_schema()) if "pattern" in field]
    assert len(patterns) > 5
    assert [pattern for pattern in patterns if "(?" in pattern] == []


def test_every_value_is_used_and_every_value_that_is_used_is_declared() -> None:
    text = "".join(path.read_text() for path in (CHART / "templates").iterdir())
    used = {path.rstrip(".") for path in USED.findall(text)}
    declared = dict(parts(values_schema()))
    assert used - {"settings.namespaces", "settings.prometheusUrl", "settings.prometheusAllowed"} <= declared.keys()
    top = {path.partition(".")[0] for path in declared}
    assert {path.partition(".")[0] for path in used} == top - {"global"}


def test_every_setting_of_the_operator_is_a_value_or_follows_from_others() -> None:
    assert SET_BY_THE_CHART.keys() < Settings.model_fields.keys()
    values = settings_schema()["properties"]
    assert len(values) + len(SET_BY_THE_CHART) == len(Settings.model_fields)
    assert all(
        field["description"] == Settings.model_fields[_snake(name)].description for name, field in values.items()
    )


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
