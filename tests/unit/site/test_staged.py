"""The pages that the site is built from: their links lead to pages of the site, also where the file isn't in docs/."""

import subprocess
from pathlib import Path

import pytest

from localcluster.paths import CHECKOUT
from tests.site.markdown import with_links, with_lists
from tests.site.staged import pages


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one page, which links to what isn't in docs/."""
    files = {
        "docs/how-to/a.md": "[r](../../README.md#x) [s](../../samples/one) [d](../b.md) [no](../no.md) `[c](../b.md)`",
        "docs/b.md": "# B",
        "README.md": "# R\n[a](docs/how-to/a.md) [code](tests/test_x.py)",
        "samples/one/monitor.yaml": "kind: ModelMonitor\n",
        "samples/one/deeper/other.yaml": "kind: Other\n",
        "tests/test_x.py": "x = '[no](link.md)'\n",
        "unlinked.md": "# U",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def test_what_pages_link_to_outside_of_docs_are_pages_too(checkout: Path) -> None:
    staged = pages(checkout)
    assert sorted(staged) == [
        "b.md",
        "how-to/a.md",
        "source/README.md",
        "source/samples/one/index.md",
        "source/samples/one/monitor.yaml.md",
        "source/tests/test_x.py.md",
    ]
    assert "```yaml\nkind: ModelMonitor\n```" in staged["source/samples/one/monitor.yaml.md"]


def test_links_lead_to_these_pages(checkout: Path) -> None:
    staged = pages(checkout)
    assert staged["how-to/a.md"] == (
        "[r](../source/README.md#x) [s](../source/samples/one/index.md) [d](../b.md) [no](../no.md) `[c](../b.md)`"
    )
    assert "[a](../how-to/a.md) [code](tests/test_x.py.md)" in staged["source/README.md"]
    assert "[`monitor.yaml`](monitor.yaml.md)" in staged["source/samples/one/index.md"]
    assert "'[no](link.md)'" in staged["source/tests/test_x.py.md"]


def test_no_page_of_the_site_would_replace_another() -> None:
    assert not (CHECKOUT / "docs" / "source").exists()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Look:\n- one\n- two\n", "Look:\n\n- one\n- two\n"),
        ("Do:\n1. one\n2. two\n", "Do:\n\n1. one\n2. two\n"),
        ("- one\n  more\n- two\n", "- one\n    more\n- two\n"),
        ("- one\n  ```sh\n  ls\n    -l\n  ```\n", "- one\n    ```sh\n    ls\n      -l\n    ```\n"),
        ("says\n64. of them\n", "says\n64. of them\n"),
        ("| a |\n- b\n", "| a |\n- b\n"),
        ("```\nx\n- y\n  z\n```\n", "```\nx\n- y\n  z\n```\n"),
        ("- one\n\n```yaml\na:\n  b: 1\n- c\n```\n", "- one\n\n```yaml\na:\n  b: 1\n- c\n```\n"),
    ],
)
def test_lists_are_as_python_markdown_wants_them(text: str, wanted: str) -> None:
    assert with_lists(text) == wanted


def test_links_to_other_hosts_and_code_stay() -> None:
    text = "[a](https://example.com/a.md) [`b`](b.md)\n```\n[c](c.md)\n```\n"
    assert with_links(text, lambda link: f"x/{link}") == text.replace("(b.md)", "(x/b.md)")
