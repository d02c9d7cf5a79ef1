"""Tags of words: a label of the network for each word, which says of what entity it is and where in it.

What is before the hyphen says where: `B` the first word, `I` one inside, and in some schemes `E` or `L` the last one,
`S` or `U` the only one (L. Ratinov and D. Roth, "Design Challenges and Misconceptions in Named Entity Recognition",
CoNLL 2009). A tag without one says only of what. New heads get `B` and `I` (IOB2).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

OUTSIDE = "O"
PLACES = "BIELSU"
FIRST: tuple[str, ...] = ("B", "I", "")
INSIDE: tuple[str, ...] = ("I", "")
LAST: tuple[str, ...] = ("E", "L", "I", "")
ONLY: tuple[str, ...] = ("S", "U", "B", "I", "")
"""What says where a word stands, the first that a scheme has."""
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Scripts that set no blanks between words: there, a letter is a word."""
WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Span:
    """Words of one entity, from `first` to `last`."""

    label: str
    first: int
    last: int


def split_words(text: str) -> list[tuple[int, int]]:
    """Return where each word starts and ends, punctuation by itself."""
    return [found.span() for found in WORD.finditer(text)]


def new_tags(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the tags of a new head."""
    return (OUTSIDE, *(f"{place}-{label}" for label in labels for place in "BI"))


def labels_of(tags: Sequence[str]) -> tuple[str, ...]:
    """Return the entities' labels that tags are made of, in the tags' order."""
    return tuple(dict.fromkeys(_split(tag)[1] for tag in tags if tag != OUTSIDE))


def write_tags(spans: Sequence[Span], words: int, tags: Sequence[str]) -> list[str]:
    """Return each word's tag, in the scheme of a model's tags."""
    known, written = set(tags), [OUTSIDE] * words
    for span in spans:
        for word in range(span.first, span.last + 1):
            written[word] = _choose(span, word, known)
    return written


def read_tags(tags: Sequence[str]) -> list[Span]:
    """Return the entities that words' tags say; one that only goes on begins where nothing is there to go on from."""
    spans: list[Span] = []
    is_open = False
    for word, tag in enumerate(tags):
        if tag == OUTSIDE:
            is_open = False
            continue
        place, label = _split(tag)
        if is_open and place not in ("B", "S", "U") and spans[-1].label == label:
            spans[-1] = Span(label, spans[-1].first, word)
        else:
            spans.append(Span(label, word, word))
        is_open = place not in ("E", "L", "S", "U")
    return spans


def find_span(label: str, start: int, end: int, words: Sequence[tuple[int, int]]) -> Iterator[Span]:
    """Yield the words that some characters are of: one span, or none."""
    inside = [number for number, (first, after) in enumerate(words) if first < end and after > start]
    if inside:
        yield Span(label, inside[0], inside[-1])


def _split(tag: str) -> tuple[str, str]:
    """Return where in an entity a tag is, and the entity's label."""
    place, hyphen, label = tag.partition("-")
    return (place, label) if hyphen and place in PLACES and len(place) == 1 and label else ("", tag)


def _choose(span: Span, word: int, known: set[str]) -> str:
    several = FIRST if word == span.first else LAST if word == span.last else INSIDE
    places = ONLY if span.first == span.last else several
    names = [f"{place}-{span.label}" if place else span.label for place in places]
    return next((name for name in names if name in known), OUTSIDE)
