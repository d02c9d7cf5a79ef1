"""What changed between the older and the newer half of the rows: classes, lengths, words."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

WORD = re.compile(r"[^\W\d_][\w'\u2019-]*|[@#][\w]+")
SHOWN_WORDS = 8
SIGNIFICANT = 2.0  # standard deviations
LENGTH_BINS = 12


@dataclass(frozen=True, slots=True)
class Change:
    """A share of the older half and of the newer half; `z` is the difference in standard deviations."""

    name: str
    older: float
    newer: float
    z: float = 0.0


def halves(count: int) -> tuple[slice, slice]:
    """Return the older and the newer half of rows that are sorted by time."""
    return slice(0, count // 2), slice(count // 2, count)


def class_changes(labels: Sequence[str]) -> list[Change]:
    """Return each class's share in both halves, the one that changed most first."""
    older, newer = (Counter(labels[part]) for part in halves(len(labels)))
    totals = [max(1, counts.total()) for counts in (older, newer)]
    changes = [Change(name, older[name] / totals[0], newer[name] / totals[1]) for name in sorted({*labels})]
    return sorted(changes, key=lambda change: -abs(change.newer - change.older))


def length_changes(lengths: Sequence[int]) -> list[Change]:
    """Return the histogram of lengths in both halves; the last bin holds all that is longer."""
    if not lengths:
        return []
    width = max(1, math.ceil(sorted(lengths)[int(len(lengths) * 0.98)] / LENGTH_BINS))
    bins = [min(length // width, LENGTH_BINS - 1) for length in lengths]
    older, newer = (Counter(bins[part]) for part in halves(len(bins)))
    return [
        Change(str(number * width), older[number] / max(1, older.total()), newer[number] / max(1, newer.total()))
        for number in range(max(bins) + 1)
    ]


def word_changes(texts: Sequence[str]) -> list[Change]:
    """Return the words that became more and less frequent, the most certain first.

    Log-odds with an informative Dirichlet prior, the words of both halves: Monroe, Colaresi, Quinn, "Fightin' Words",
    Political Analysis 16(4), 2008, equations 16 to 22. A word counts once a text.
    """
    older, newer = (Counter(word for text in texts[part] for word in {*words(text)}) for part in halves(len(texts)))
    both = older + newer
    total, n_old, n_new = both.total(), older.total(), newer.total()
    rows = [max(1, len(texts[part])) for part in halves(len(texts))]
    changes = []
    for word, prior in both.items():
        odds = [
            math.log((count[word] + prior) / max(1e-9, n + total - count[word] - prior))
            for count, n in ((older, n_old), (newer, n_new))
        ]
        z = (odds[1] - odds[0]) / math.sqrt(1 / (older[word] + prior) + 1 / (newer[word] + prior))
        changes.append(Change(word, older[word] / rows[0], newer[word] / rows[1], z))
    clear = [change for change in changes if abs(change.z) >= SIGNIFICANT]
    rising = sorted((change for change in clear if change.z > 0), key=lambda change: -change.z)
    falling = sorted((change for change in clear if change.z < 0), key=lambda change: change.z)
    return [*rising[:SHOWN_WORDS], *falling[:SHOWN_WORDS]]


def words(text: str) -> list[str]:
    """Return a text's words in lower case."""
    return [word.lower() for word in WORD.findall(text)]
