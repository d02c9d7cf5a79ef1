"""docs/decisions: every record says whether it still holds, and is in the index."""

import re

import pytest

from localcluster.paths import CHECKOUT

FOLDER = CHECKOUT / "docs" / "decisions"
RECORDS = sorted(path.name for path in FOLDER.glob("[0-9]*.md"))
STATUS = re.compile(r"Status: (?:accepted|superseded by \[\d{4}\]\((\d{4}-[a-z0-9-]+\.md)\)), \d{4}-\d\d-\d\d")


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_has_a_title_and_a_status(name: str) -> None:
    title, status, empty = (FOLDER / name).read_text().splitlines()[:3]
    found = STATUS.fullmatch(status)
    assert title.startswith("# ") and not empty
    assert found and (found[1] is None or found[1] in RECORDS)


def test_the_index_lists_every_record_once_by_its_title() -> None:
    listed = re.findall(r"^- \[(\d{4})\]\((.+?)\) (.+)$", (FOLDER / "README.md").read_text(), re.MULTILINE)
    titles = {name: (FOLDER / name).read_text().splitlines()[0].removeprefix("# ") for name in RECORDS}
    assert listed == [(name[:4], name, titles[name]) for name in RECORDS]
