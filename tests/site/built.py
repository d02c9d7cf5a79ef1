"""What is wrong with the built pages: links that lead nowhere, and what a browser would load from another host."""

import os
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}
IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""")


class Page(HTMLParser):
    """A page's places, links, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note what one element is, leads to or loads."""
        values = {name: value for name, value in attributes if value}
        self.places |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.add(values["href"])
        if tag in LOADED and LOADED[tag] in values and values.get("rel") != "canonical":
            self.loaded.add(values[LOADED[tag]])


@cache
def read(file: Path) -> Page:
    """Return a built page."""
    return Page(file.read_text())


def problems(site: Path) -> list[str]:
    """Return a line for each link that leads nowhere, and for each thing that another host would have to give."""
    found = []
    for file in sorted(site.rglob("*.html")):
        page, name = read(file), str(file.relative_to(site))
        found += [f"{name}: loads {link}" for link in sorted(page.loaded) if _is_elsewhere(link)]
        local = sorted(link for link in page.links | page.loaded if not _is_elsewhere(link))
        # The page of an error is shown in any folder, so its links begin at a site's root.
        found += [f"{name}: {link} leads nowhere" for link in local if name != "404.html" and not leads(file, link)]
    for sheet in sorted(site.rglob("*.css")):
        found += [f"{sheet.relative_to(site)}: loads {link}" for link in IN_STYLES.findall(sheet.read_text())]
    return found


def _is_elsewhere(link: str) -> bool:
    return bool(urlsplit(link).netloc) or link.startswith("mailto:")


def leads(file: Path, link: str) -> bool:
    """Return whether a link of a built page leads to a file, and to a place in it where it names one."""
    if link.startswith("data:"):
        return True
    parts = urlsplit(link)
    target = Path(os.path.normpath(file.parent / unquote(parts.path))) if parts.path else file
    target = target / "index.html" if target.is_dir() else target
    if not target.is_file() or not parts.fragment or target.suffix != ".html":
        return target.is_file()
    return unquote(parts.fragment) in read(target).places
