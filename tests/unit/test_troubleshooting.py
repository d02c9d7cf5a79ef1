"""docs/troubleshooting.md: each reason that it names is one that a condition can have."""

import re

from localcluster.paths import CHECKOUT
from refit_operator.api.reasons import Reason

PAGE = (CHECKOUT / "docs" / "troubleshooting.md").read_text()
NAMED = re.compile(r"\[`(\w+)`\]\(reference/conditions\.md#(\w+)\)")
SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]


def test_each_reason_exists_and_leads_to_its_meaning() -> None:
    named = NAMED.findall(PAGE)
    assert {reason for reason, _ in named} <= {reason.value for reason in Reason}
    assert all(place == reason.lower() for reason, place in named)


def test_a_dozen_symptoms_have_a_reason() -> None:
    assert len([section for section in SECTIONS if NAMED.search(section)]) >= 12


def test_no_reason_is_named_without_a_link() -> None:
    """Above the sections are values of the column State, some of which are also reasons."""
    without = re.findall(r"(?<!\[)`(\w+)`", "".join(SECTIONS))
    assert not {reason.value for reason in Reason}.intersection(without)
