"""Sentences of FreeBSD's manual, with what their authors marked in them, from a Debian package that ships the sources.

A manual's page says of its words what they are (mdoc(7)): a function, an argument, a constant, a file, another page.
People wrote these marks where they wrote the sentences, so they are labels by hand. BSD licences.
"""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localcluster.commands import run, succeeds
from localcluster.made_once import make_once

PACKAGE = "freebsd-manpages"
LABELS = {"Fn": "function", "Fa": "argument", "Dv": "constant", "Er": "constant", "Pa": "file", "Xr": "page"}
"""What is marked, by macro."""
PLAIN = {"Em", "Sy", "Nm", "Va", "Vt", "Li", "Tn", "Bx", "Fx", "Ux", "Ql", "Cm", "Ic", "Ar", "Fl"}
"""Macros whose words are words of the sentence, and no label here."""
CLOSING, OPENING = set(".,;:)]?!"), set("([")
SHORTEST, LONGEST = 5, 60
"""Words of a sentence."""
Row = dict[str, Any]


def ensure_manuals() -> Path:
    """Return the folder with the pages by section, made first where it isn't there; it appears whole or not at all."""
    return make_once("manuals", Path(__file__), _make)


def _make(scratch: Path, target: Path) -> None:
    if not succeeds(["apt-cache", "show", PACKAGE]):
        run(["apt-get", "update"])
    run(["apt-get", "download", PACKAGE], cwd=scratch)
    run(["dpkg-deb", "-x", next(scratch.glob(f"{PACKAGE}_*.deb")), scratch / PACKAGE])
    for page in sorted((scratch / PACKAGE / "usr/share/man").glob("man*/*.gz")):
        if not page.is_symlink():
            (target / page.parent.name).mkdir(exist_ok=True)
            (target / page.parent.name / page.name.removesuffix(".gz")).write_bytes(gzip.decompress(page.read_bytes()))


@dataclass
class Sentence:
    """A sentence as it is put together: its text, and what is marked in it."""

    text: str = ""
    entities: list[Row] = field(default_factory=list)
    is_whole: bool = True
    """Whether all macros in it are known."""

    def add(self, word: str, label: str | None = None, after: str = "") -> None:
        """Add a word, with a blank before it unless it is punctuation, and what follows it at once."""
        glued = not self.text or (set(word) <= CLOSING) or self.text[-1] in OPENING
        start = len(self.text) + (not glued)
        self.text += ("" if glued else " ") + word + after
        if label:
            self.entities.append({"label": label, "start": start, "end": start + len(word)})


def read_sentences(folder: Path, section: str) -> Iterator[Row]:
    """Yield the sentences of a section as rows, each text once, those without anything marked left out."""
    seen: set[str] = set()
    for page in sorted((folder / section).iterdir()):
        for sentence in parse_page(page.read_text(errors="replace")):
            long_enough = SHORTEST <= len(sentence.text.split()) <= LONGEST
            if sentence.is_whole and sentence.entities and long_enough and sentence.text not in seen:
                seen.add(sentence.text)
                yield {"text": sentence.text, "entities": sentence.entities, "page": page.name}


def parse_page(source: str) -> Iterator[Sentence]:
    """Yield a page's sentences: in mdoc each begins on a line of its own, and a macro of layout ends one."""
    sentence = Sentence()
    for line in source.splitlines():
        if not line.startswith("."):
            for word in line.split():
                sentence.add(word)
            sentence.is_whole &= "\\" not in line
        elif not _add_macro(sentence, line):
            yield sentence
            sentence = Sentence()
        if sentence.text.endswith((".", "?", "!")):
            yield sentence
            sentence = Sentence()


def _add_macro(sentence: Sentence, line: str) -> bool:
    """Add the words of a macro's line; return False where the macro is one of layout."""
    name, *words = re.findall(r'"[^"]*"|\S+', line[1:]) or [""]
    if name not in LABELS and name not in PLAIN:
        return False
    words = [word.strip('"') for word in words]
    sentence.is_whole &= not any("\\" in word or word in LABELS or word in PLAIN for word in words) and bool(words)
    said = [word for word in words if not set(word) <= CLOSING | OPENING]
    first = True
    for word in words:
        if word not in said:
            sentence.add(word)
        elif first or name not in ("Fn", "Xr"):  # after a function its arguments, after a page its section
            after = "()" if name == "Fn" else f"({said[1]})" if name == "Xr" and len(said) > 1 else ""
            sentence.add(word, LABELS.get(name), after)
            first = False
    return True
