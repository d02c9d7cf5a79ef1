"""The menu of the site has every page of docs/ once, and no page that isn't there."""

from pathlib import Path

from localcluster.paths import CHECKOUT
from tests.site.navigation import Page, Section, sections

MENU = """nav:
- Start:
  - Overview: index.md
  - Deeper:
    - Inner: how-to/a.md
- Decisions:
  - All: decisions/
"""


def test_the_menu_has_every_page_once_and_no_other() -> None:
    listed = [page.path for section in sections(CHECKOUT) for page in section.pages]
    there = {str(path.relative_to(CHECKOUT / "docs")) for path in (CHECKOUT / "docs").rglob("*.md")}
    assert sorted(listed) == sorted(there)


def test_a_folder_stands_for_its_pages_the_readme_first(tmp_path: Path) -> None:
    (tmp_path / "mkdocs.yml").write_text(MENU)
    decisions = tmp_path / "docs" / "decisions"
    decisions.mkdir(parents=True)
    (decisions / "0001-a.md").write_text("# First\n")
    (decisions / "README.md").write_text("<!-- made -->\n# Decisions\n")
    assert sections(tmp_path) == (
        Section("Start", (Page("index.md", "Overview"), Page("how-to/a.md", "Inner"))),
        Section("Decisions", (Page("decisions/README.md", "Decisions"), Page("decisions/0001-a.md", "First"))),
    )
