"""llms.txt: the menu, with each page's first sentence."""

import pytest

from localcluster.paths import CHECKOUT
from tests.site.llms import first_sentences, render
from tests.site.markdown import LINK


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("# T\nOne [link](a.md), and more.\nTwo.", "One link, and more."),
        ("<!-- made -->\n# T\n\nGenerated from `a` by `make b`; do not edit.\n\nIt is so.", "It is so."),
        ("# T\nStatus: accepted, 2026-11-24\n\nWhy `spec.a: B` is so.", "Why `spec.a: B` is so."),
        ("# T\n\n```yaml\na: b\n```\n\n| x |\n|---|\n\nAfter a table.", "After a table."),
        ("# T\n![picture](a.svg)\n\nSay this:\n- one", "Say this:"),
        ("# T\n", ""),
    ],
)
def test_the_first_sentence_is_the_first_of_its_text(text: str, wanted: str) -> None:
    assert first_sentences(text) == wanted


def test_it_has_the_form_of_llmstxt_org() -> None:
    title, empty, summary, *rest = render().splitlines()
    headings = [line for line in rest if line.startswith("## ")]
    assert title == "# Refit" and not empty and summary.startswith("> Refit retrains")
    assert headings[-1] == "## Optional" and len(headings) == len(set(headings)) > 4


def test_its_links_lead_to_pages() -> None:
    found = LINK.findall(render())
    assert found and all((CHECKOUT / "docs" / link).is_file() for link in found)
