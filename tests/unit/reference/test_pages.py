"""The pages of docs/reference that are made of types say what these allow."""

import pytest
import yaml

from refit_cli.exits import Exit
from refit_operator.api.crd import render_files
from refit_operator.api.schema import Schema
from refit_operator.settings import Settings
from tests.reference import exit_codes, settings
from tests.reference.fields import monitor_page, run_page
from tests.reference.words import allowed, code, default_of, kind_of, plain


def rows(page: str, part: str) -> dict[str, list[str]]:
    """Return the cells of a part's table, by field."""
    section = page.split(f"\n## {part}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {line[0].strip("`"): line[1:] for line in lines}


@pytest.mark.parametrize(("field", "wanted"), [("threshold", "required"), ("direction", "`Below`"), ("window", "")])
def test_a_field_says_its_default_or_that_it_is_required(field: str, wanted: str) -> None:
    assert rows(monitor_page(), "spec.metric")[field][1].strip() == wanted


def test_a_field_of_a_field_has_its_path_and_bounds() -> None:
    kind, default, text = rows(monitor_page(), "spec.metric")["breaches.count"]
    assert (kind, default) == ("integer", "`3`") and text.endswith("At least 1, at most 50.")


def test_entries_of_lists_have_their_fields() -> None:
    assert "name" in rows(monitor_page(), "spec.guards[]")
    assert "podTemplate.tolerations[].key" in rows(monitor_page(), "spec.training")


def test_what_kubernetes_documents_is_not_repeated() -> None:
    assert not [name for name in rows(monitor_page(), "spec.training") if name.startswith("podTemplate.affinity.")]


def test_every_section_of_the_spec_has_its_part() -> None:
    crd = yaml.safe_load(render_files()["refit.dev_modelmonitors.yaml"])
    schema: Schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    parts = [name for name, field in schema.items() if "properties" in field]
    assert len(parts) > 5 and all(f"\n## spec.{name}\n" in monitor_page() for name in parts)


def test_a_rule_between_fields_is_there_in_its_own_words() -> None:
    assert "- recoverAt must be on the good side of threshold\n" in monitor_page()
    assert "- `breaches`: count must not exceed outOf\n" in monitor_page()


def test_a_run_refers_to_the_monitor_for_what_it_copies() -> None:
    assert "## spec.metric\nA copy of the monitor's [spec.metric](modelmonitor.md#specmetric).\n" in run_page()
    assert "pointerChange.old" in rows(run_page(), "status")


def test_every_setting_and_every_exit_code_has_its_row() -> None:
    assert all(f"| `REFIT_{name.upper()}` |" in settings.page() for name in Settings.model_fields)
    assert all(f"| {code.value} | {code.meaning} |" in exit_codes.page() for code in Exit)


@pytest.mark.parametrize(
    ("field", "kind", "bounds"),
    [
        ({"type": "integer", "minimum": 1}, "integer", ["At least 1."]),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1}, "number", ["Above 0, at most 1."]),
        ({"type": "number", "maximum": 5000}, "number", ["At most 5,000."]),
        ({"type": "string", "maxLength": 63}, "string", ["At most 63 characters."]),
        ({"type": "string", "enum": ["A", "B"]}, "`A` or `B`", []),
        ({"type": "string", "format": "date-time"}, "time", []),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 8}, "list of strings", ["At most 8 entries."]),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "map of strings", []),
        ({"x-kubernetes-int-or-string": True}, "integer or string", []),
    ],
)
def test_types_and_bounds_are_words(field: Schema, kind: str, bounds: list[str]) -> None:
    assert (kind_of(field), list(allowed(field))) == (kind, bounds)


VALUES: tuple[object, ...] = ("a", "", 3, False, [])


def test_a_default_is_as_yaml_has_it() -> None:
    assert [default_of({"default": value}) for value in VALUES] == [
        "`a`",
        '`""`',
        "`3`",
        "`false`",
        "`[]`",
    ]
    assert default_of({"default": {"a": 1}, "properties": {"a": {}}}) == ""


def test_nothing_in_a_description_is_taken_for_markdown() -> None:
    assert plain("a_b * <c> [d] | e") == r"a\_b \* &lt;c> \[d\] &#124; e"
    assert (code("a"), code("a|b")) == ("`a`", "<code>a&#124;b</code>")
