"""The pages that the site is built from: copies of docs/, and of what they link to outside of it."""

import shutil
from functools import partial
from pathlib import Path

from tests.site.markdown import links, relative, resolve, with_links, with_lists
from tests.site.sources import page_of, text_of

Pages = dict[str, str]
"""The text of each page, by its path below the site's root."""


def pages(checkout: Path) -> Pages:
    """Return every page; a link out of docs/ leads to a page that has that file."""
    found: Pages = {}
    waiting = [str(path.relative_to(checkout)) for path in sorted((checkout / "docs").rglob("*.md"))]
    while waiting:
        path = waiting.pop()
        page = page_of(checkout, path)
        if page in found:
            continue
        source = f"{path}/index.md" if (checkout / path).is_dir() else path
        text = (checkout / path).read_text() if path.startswith("docs/") else text_of(checkout, path)
        found[page] = with_lists(with_links(text, partial(_to_page, checkout, source)))
        waiting += [to for to in (resolve(source, link) for link in links(text)) if _needs_page(checkout, to)]
    return found


def _needs_page(checkout: Path, path: str) -> bool:
    return (checkout / path).exists() and not path.startswith("docs/")


def _to_page(checkout: Path, source: str, link: str) -> str:
    """Return a link of a file as it is on the site; one that leads nowhere stays, for the build to find."""
    target = resolve(source, link)
    if link.startswith("#") or not (checkout / target).exists():
        return link
    part = link.partition("#")[2]
    to = target.removeprefix("docs/") if target.startswith("docs/") else page_of(checkout, target)
    return relative(page_of(checkout, source), to) + (f"#{part}" if part else "")


def stage(checkout: Path, folder: Path) -> Pages:
    """Write the pages, and the pictures and records beside them, into an emptied folder."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(checkout / "docs", folder, ignore=shutil.ignore_patterns("*.md"))
    staged = pages(checkout)
    for name, text in staged.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return staged
