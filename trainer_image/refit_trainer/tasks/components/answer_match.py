"""Whether a generated answer is right: the same text, one that contains it, or one in which a pattern finds the same.

Pure. Blanks count as one, and none at the ends; upper and lower case differ.
"""

import re


def fold_blanks(text: str) -> str:
    """Return a text with single blanks."""
    return " ".join(text.split())


def is_same(found: str, truth: str) -> bool:
    """Tell whether an answer is the true one."""
    return fold_blanks(found) == fold_blanks(truth)


def is_within(found: str, truth: str) -> bool:
    """Tell whether an answer contains the true one."""
    return fold_blanks(truth) in fold_blanks(found)


def is_same_by_pattern(found: str, truth: str, pattern: str) -> bool:
    """Tell whether the pattern finds the same in an answer as in the true one; where it finds nothing, it is wrong."""
    wanted = find_last(pattern, truth)
    return wanted is not None and find_last(pattern, found) == wanted


def find_last(pattern: str, text: str) -> str | None:
    """Return what a pattern matches last, its first group where it has one; an answer often comes after reasoning."""
    found = None
    for match in re.finditer(pattern, text):
        found = match
    if found is None:
        return None
    return fold_blanks(found.group(1) or "" if found.re.groups else found.group())
