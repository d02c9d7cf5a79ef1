"""A case of each task that learns from texts: honest rows, a tiny model to start from, rows and labels that are wrong.

What rows say can be read off the sentences themselves, so that a tiny untrained model learns it in seconds.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.tasks.tabular_classification import make_empty
from benchmarks.tasks.text2text_generation import make_byt5
from tests.support.trainer.commands import SENTENCES, make_tiny_bert, read_rows

Row = dict[str, Any]
MARKS = {"person": r"\b(?:i|he|she|we|they|you|my|his|her|our|their|your)\b", "handle": r"@\w+", "hashtag": r"#\w+"}


@dataclass(frozen=True)
class TaskCase:
    """What the table of tests needs of a task."""

    task: str
    metric: str
    make: Callable[[Path], Path]
    """Write a model without a head for the task."""
    row: Callable[[Row], Row]
    """Return a sentence's row."""
    reached: float
    """What the metric reaches on the rows it learnt from; an untrained model is on the other side of it."""
    bad: Sequence[tuple[Row, str]]
    """Changes of a row, and what is said of it."""
    foreign: tuple[Any, str] | None
    """A truth that the model doesn't know, and what is said of it."""
    settings: Mapping[str, str]
    little: Mapping[str, str] = field(default_factory=lambda: {"learning_rate": "1e-6", "epochs": "0.1"})
    """Settings with which hardly anything is learnt."""
    by_steps: bool = True
    """Whether it learns in steps, by a network: can be stopped at any of them, and adapted."""

    @property
    def name(self) -> str:
        """The task, and the metric by which it is told apart."""
        return self.task

    def rows(self, count: int = 200) -> list[Row]:
        """Return rows of real sentences."""
        return [self.row(sentence) for sentence in read_rows(SENTENCES)[:count]]


def make_bert(folder: Path) -> Path:
    """Write a tiny BERT that knows the sentences' words."""
    return make_tiny_bert(folder, [row["text"] for row in read_rows(SENTENCES)])


def mark(text: str) -> list[Row]:
    """Return the persons, handles and hashtags that a text names, none over another."""
    pattern = "|".join(f"(?P<{label}>{words})" for label, words in MARKS.items())
    found = re.finditer(pattern, text, re.IGNORECASE)
    return [{"label": one.lastgroup, "start": one.start(), "end": one.end()} for one in found]


def measure(text: str) -> Row:
    """Return a text as the row of a table: numbers, a text, true or false, and something that is missing at times."""
    words = text.split()
    measured = {"words": len(words), "letters": f"{len(text)}", "mentions": "@" in text or "#" in text}
    return {**measured, "end": text[-1], "mean": sum(map(len, words)) / len(words) if len(words) > 3 else None}


def name_marks(text: str) -> list[str]:
    """Return which kinds of names a text has."""
    return sorted({one["label"] for one in mark(text)})


SETTINGS = {"learning_rate": "5e-3", "batch_size": "16", "epochs": "10"}
CASES = [
    TaskCase(
        task="token-classification",
        metric="f1",
        make=make_bert,
        row=lambda sentence: {"text": sentence["text"], "entities": mark(sentence["text"])},
        reached=0.8,
        bad=[
            ({"text": ""}, "text is empty"),
            ({"entities": "person"}, "entities is 'person', not a list of entities"),
            ({"entities": ["person"]}, """entities[0] is 'person', not {"label": …, "start": …, "end": …}"""),
            (
                {"entities": [{"label": "person", "start": 0, "end": 1.5}]},
                "entities[0] has the bound 1.5, not a number of characters",
            ),
            (
                {"entities": [{"label": "person", "start": 3, "end": 3}]},
                "entities[0] goes from 3 to 3: it has no character",
            ),
            (
                {"text": "I am", "entities": [{"label": "person", "start": 0, "end": 9}]},
                "the entity 'person' from 0 to 9 is outside of the text's 4 characters",
            ),
            (
                {"text": "I am", "entities": [{"label": "person", "start": 1, "end": 2}]},
                "the entity 'person' from 1 to 2 is blank",
            ),
            (
                {"text": "I am", "entities": [{"label": "person", "start": at, "end": 4} for at in (0, 2)]},
                "the entity 'person' from 2 to 4 overlaps the entity 'person' from 0 to 4",
            ),
        ],
        foreign=(
            [{"label": "place", "start": 0, "end": 1}],
            "entities[0] has the unknown label 'place'; the model knows handle, hashtag, person",
        ),
        settings=SETTINGS,
    ),
    TaskCase(
        task="multi-label",
        metric="micro_f1",
        make=make_bert,
        row=lambda sentence: {
            "text": sentence["text"],
            "labels": sorted({one["label"] for one in mark(sentence["text"])}),
        },
        reached=0.8,
        bad=[
            ({"text": 3}, "text is 3, not a string"),
            ({"labels": "person"}, "labels is 'person', not a list of labels"),
            ({"labels": ["person", None]}, "labels has None, not a name"),
            ({"labels": ["person "]}, "labels has 'person ', a name with blanks around it"),
            ({"labels": ["person", "person"]}, "labels has 'person' twice"),
        ],
        foreign=(["place"], "labels has 'place'; the model knows handle, hashtag, person"),
        settings={**SETTINGS, "epochs": "20"},
    ),
    TaskCase(
        task="regression",
        metric="mae",
        make=make_bert,
        row=lambda sentence: {"text": sentence["text"], "value": 5000 + 100 * len(mark(sentence["text"]))},
        reached=40.0,
        bad=[
            ({"text": ""}, "text is empty"),
            ({"value": "many"}, "value is 'many', not a number"),
            ({"value": True}, "value is True, not a number"),
            ({"value": [1]}, "value is [1], not a number"),
            ({"value": "nan"}, "value is 'nan', not a number"),
        ],
        foreign=None,
        settings=SETTINGS,
    ),
    TaskCase(
        task="text2text-generation",
        metric="exact_match",
        make=lambda folder: make_byt5(folder, width=64, layers=1),
        row=lambda sentence: {
            "text": sentence["text"][:40],
            "target": "tweet" if "@" in sentence["text"] else "review",
        },
        reached=0.75,
        bad=[
            ({"text": ""}, "text is empty"),
            ({"target": ""}, "target is empty"),
            ({"target": ["a"]}, "target is ['a'], not a string"),
        ],
        foreign=None,
        settings=SETTINGS,
    ),
    TaskCase(
        task="tabular-classification",
        metric="accuracy",
        make=make_empty,
        row=lambda sentence: {"features": measure(sentence["text"]), "label": sentence["domain"]},
        reached=0.8,
        bad=[
            ({"features": {}}, "features is {}, not an object of values by column"),
            ({"features": [1]}, "features is [1], not an object of values by column"),
            (
                {"features": {"words": [1]}},
                "features has [1] in the column 'words', not a number, a text, true or false",
            ),
            ({"features": {"words": None}}, "features has no value in any column"),
            ({"label": " tweets"}, "label is ' tweets', a name with blanks around it"),
        ],
        foreign=("poems", "unknown label 'poems'; the model knows movies, tweets"),
        settings={"epochs": "40"},
        little={"least_weight": "1000000", "epochs": "1"},
        by_steps=False,
    ),
]
