"""Each runbook can be followed: what it has one run is kubectl, and says what its placeholders stand for."""

import re

import pytest

from tests.support.runbooks import PAGES, PLACEHOLDERS, Command, Section, fill, section, sections

VALUES = dict.fromkeys(PLACEHOLDERS, "reviews")
ALL = [pytest.param(part, id=name or page) for page in PAGES for name, part in sections(page).items()]


@pytest.mark.parametrize("part", ALL)
def test_what_is_run_is_kubectl_and_has_no_placeholder_that_nothing_says(part: Section) -> None:
    for command in part.commands:
        text = command.filled(VALUES)
        assert text.startswith("kubectl ") and command.does
        assert not re.search(r"\b[A-Z]{3,}\b", text), text
    assert all(not re.search(r"\b[A-Z]{3,}\b", fill(query, VALUES)) for query in part.queries)


def test_a_section_has_commands_without_comments_and_queries() -> None:
    found = section("Look:\n```console\nkubectl -n NAMESPACE get rr  # runs\n```\n```promql\nrefit_leader\n```\n")
    assert found.commands == (Command("kubectl -n NAMESPACE get rr"),) and found.queries == ("refit_leader",)


@pytest.mark.parametrize(
    ("text", "does", "reads"),
    [
        ("kubectl -n NAMESPACE get rr RUN", "get rr RUN", True),
        ("kubectl auth can-i update leases", "auth can-i update leases", True),
        ("kubectl -n NAMESPACE rollout status TARGET", "rollout status TARGET", True),
        ("kubectl -n NAMESPACE rollout resume TARGET", "rollout resume TARGET", False),
        ("kubectl -n NAMESPACE patch rr RUN", "patch rr RUN", False),
    ],
)
def test_a_command_reads_or_changes_something(text: str, does: str, reads: bool) -> None:
    assert (Command(text).does, Command(text).reads) == (does, reads)


def test_a_placeholder_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="RUN"):
        Command("kubectl -n NAMESPACE get rr RUN").filled({"NAMESPACE": "shop"})
