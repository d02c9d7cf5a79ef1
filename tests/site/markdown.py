"""What of a Markdown file is text, what is code, and where its links lead."""

import os
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from textwrap import indent

LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)")
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_KEPT = re.compile(f"({FENCE.pattern}|{CODE.pattern})", re.MULTILINE | re.DOTALL)
_ADDRESS = re.compile(r"\]\(([^()\s]+)\)")
_LIST = re.compile(r"^(?![-*|#> ]|\d+\. )(.*\S.*)\n(?=(?:[-*]|1\.) )", re.MULTILINE)
_INDENTED = re.compile(r"^ {2,3}(?=\S)", re.MULTILINE)


def links(text: str) -> list[str]:
    """Return the relative links of a page, as they are written."""
    found = LINK.findall(CODE.sub("", FENCE.sub("", text)))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def with_links(text: str, change: Callable[[str], str]) -> str:
    """Return the page with each relative link changed; code stays as it is."""

    def changed(match: re.Match[str]) -> str:
        link = match[1]
        return match[0] if re.match(r"[a-z]+:", link) else f"]({change(link)})"

    return outside_code(text, lambda part: _ADDRESS.sub(changed, part))


def with_lists(text: str) -> str:
    """Return the page with lists as Python-Markdown has them: after a blank line, and items' own lines four deep."""
    parts = re.split(f"({FENCE.pattern})", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(
        _deeper(part) if FENCE.match(part) else _LIST.sub(r"\1\n\n", _INDENTED.sub("    ", part)) for part in parts
    )


def _deeper(fence: str) -> str:
    """Return a block of code four deep where it is two or three, below an item of a list."""
    depth = len(fence) - len(fence.lstrip(" "))
    return indent(fence, " " * (4 - depth)) if depth in (2, 3) else fence


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Return the text with everything changed that is no code."""
    parts = _KEPT.split(text)
    return "".join(part if _KEPT.fullmatch(part) else change(part) for part in parts)


def resolve(page: str, link: str) -> str:
    """Return where a link of a page leads, from the checkout's root, without its #part."""
    path = link.partition("#")[0]
    return os.path.normpath(PurePosixPath(page).parent / path) if path else page


def relative(page: str, target: str) -> str:
    """Return the link by which a page reaches another file."""
    return os.path.relpath(target, PurePosixPath(page).parent)
