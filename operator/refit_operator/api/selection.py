"""Which namespaces an operator serves: names and patterns, of which the last that matches decides. Pure.

An entry is a namespace's name, or a pattern with `*` for any part of one; with `!` before it, it is an exception. A
namespace that none matches is served where the first entry is an exception. So the same list with every `!` added or
taken away selects exactly the rest: two operators with such lists serve each namespace once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from functools import cached_property

SETTING = "REFIT_NAMESPACES"
MOST_ENTRIES = 256
"""Each event of a watch is held against them."""
LONGEST_NAME = 63
"""Characters of a namespace's name, by Kubernetes."""
_PATTERN = re.compile(r"[a-z0-9*](?:[a-z0-9*-]*[a-z0-9*])?")


@dataclass(frozen=True)
class Entry:
    """One of the list."""

    pattern: str
    serves: bool = True
    """False for an exception."""

    def __str__(self) -> str:
        return self.pattern if self.serves else f"!{self.pattern}"

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile(translate(self.pattern))

    def matches(self, namespace: str) -> bool:
        """Return whether the pattern is the namespace's."""
        return self._expression.match(namespace) is not None


@dataclass(frozen=True)
class Selection:
    """The namespaces that an operator serves; without entries all."""

    entries: tuple[Entry, ...] = ()

    def __contains__(self, namespace: str) -> bool:
        for entry in reversed(self.entries):
            if entry.matches(namespace):
                return entry.serves
        return not self.entries or not self.entries[0].serves


EVERYWHERE = Selection()


def parse_selection(text: str) -> Selection:
    """Return what a comma-separated list selects; raises ValueError that says what is wrong with which entry."""
    words = [word.strip() for word in text.split(",")] if text else []
    entries = tuple(Entry(word.removeprefix("!"), not word.startswith("!")) for word in words)
    if len(entries) > MOST_ENTRIES:
        raise ValueError(f"{SETTING} has {len(entries)} entries, and may have {MOST_ENTRIES}: use patterns such as a-*")
    for number, entry in enumerate(entries, start=1):
        objection = next((found for check in CHECKS if (found := check(entry, entries[number:]))), "")
        if objection:
            raise ValueError(f"{SETTING}, entry {number} of {len(entries)}, {str(entry)!r}: {objection}")
    return Selection(entries)


def _empty(entry: Entry, after: tuple[Entry, ...]) -> str:
    return "" if entry.pattern else "there is nothing: write a namespace's name, or leave a comma out"


def _no_pattern(entry: Entry, after: tuple[Entry, ...]) -> str:
    if _PATTERN.fullmatch(entry.pattern):
        return ""
    return "no namespace has such a name: use lower-case letters, digits and -, with * for any part, and ! before it"


def _too_long(entry: Entry, after: tuple[Entry, ...]) -> str:
    length = len(entry.pattern.replace("*", ""))
    return f"{length} characters, and a name has {LONGEST_NAME} at most: shorten it" if length > LONGEST_NAME else ""


def _never_decides(entry: Entry, after: tuple[Entry, ...]) -> str:
    """Object to an entry of which a later one matches everything: `*` in a pattern matches a `*`, too."""
    later = next((other for other in after if fnmatchcase(entry.pattern, other.pattern)), None)
    if later is None:
        return ""
    return f"never decides, since {str(later)!r} after it matches all that it does: put it after that, or leave it out"


CHECKS: tuple[Callable[[Entry, tuple[Entry, ...]], str], ...] = (_empty, _no_pattern, _too_long, _never_decides)
"""What may be wrong with an entry, given those after it. The first objection is what the error says."""
