"""`python -m tests.vocabulary`: words that the field's have replaced, by file and line. Fails where there is one."""

import re
import subprocess
import sys
from collections.abc import Iterator

from localcluster.paths import CHECKOUT
from tests.vocabulary.terms import ALLOWED, FOLDERS, RECORDS, TERMS

RENAMED = re.compile(r"^### Renamed$.*?(?=^## )", re.MULTILINE | re.DOTALL)
"""The changelog's table of old names."""


def compile_term(term: str) -> re.Pattern[str]:
    """Return the expression, in which a space is also the end of a line, with the next one's comment sign."""
    return re.compile(term.replace(" ", r"\s+(?:#\s*)?"))


PATTERNS = [(compile_term(term), instead) for term, instead in TERMS.items()]


def find_terms(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, what was found there, and what to write instead."""
    for pattern, instead in PATTERNS:
        for match in pattern.finditer(text):
            yield text.count("\n", 0, match.start()) + 1, " ".join(match[0].split()), instead


def without_renames(text: str) -> str:
    """Return the changelog with the lines of its table empty."""
    return RENAMED.sub(lambda match: "\n" * match[0].count("\n"), text)


def files() -> list[str]:
    """Return the files to check: what git knows or would add, but records."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *FOLDERS]
    names = subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted({name for name in names if (CHECKOUT / name).is_file() and not name.startswith(RECORDS)})


def read(name: str) -> str:
    """Return a file's text, empty where it is none, such as a picture."""
    try:
        text = (CHECKOUT / name).read_text()
    except UnicodeDecodeError:
        return ""
    return without_renames(text) if name == "CHANGELOG.md" else text


def main() -> int:
    """Print what is found; 1 where there is anything that isn't allowed."""
    found = [
        f"{name}:{line}: {words!r}, write: {instead}"
        for name in files()
        for line, words, instead in sorted(find_terms(read(name)))
        if f"{name}: {words}" not in ALLOWED
    ]
    print(*found, f"{len(found)} words to replace", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
