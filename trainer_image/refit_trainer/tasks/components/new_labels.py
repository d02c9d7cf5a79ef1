"""Labels that a model's head hasn't got: which of them become classes. Pure.

A label is a class where enough distinct inputs have it: a slip of one person's hand isn't. Of names that differ in
case, blanks or Unicode form alone, one is a class and the others are its misspellings.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from refit_trainer.data.distinct import DistinctRows
from refit_trainer.data.rows import Row, name_some
from refit_trainer.data.stored_rows import store
from refit_trainer.tasks.components.names import check_name, is_known
from refit_trainer.tasks.components.questions import check_answers, columns_by_question, label_names

MOST_NEW_LABELS = 20
"""Classes that a head grows by in one training: those that the most inputs have come first."""
LONGEST_NEW_LABEL = 100  # characters


@dataclass(frozen=True, slots=True)
class NewLabels:
    """The labels of rows that a head hasn't got, each with the number of its distinct inputs, in sorted order."""

    learnt: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Too few inputs have them, or they are spelt nearly as another label."""

    def facts(self) -> dict[str, Any]:
        """Return what a manifest says about them; nothing where there are none."""
        found = {"learnt": dict(self.learnt), "leftOut": dict(self.left_out)}
        return {"newLabels": found} if self.learnt or self.left_out else {}

    def describe_left_out(self) -> str:
        """Return the first names that no class was made of, each with its inputs."""
        return name_some([f"{name} ({count})" for name, count in self.left_out.items()])


def names_in(truth: Any) -> list[str]:
    """Return the label names of a row's truth: one, those of its answers, or none where it lacks a label."""
    if isinstance(truth, dict):
        return label_names(truth)
    return [] if truth is None else [str(truth)]


def choose_new_labels(truths: Iterable[Any], known: Sequence[str], least: int) -> NewLabels:
    """Return which labels become classes: those of `least` inputs or more that aren't spelt nearly as another one.

    `truths` has the truth of each distinct input. A head that knows some labels grows by MOST_NEW_LABELS at most; one
    that is new takes all. The order of the rows doesn't matter.
    """
    has_label = set(known)
    counts = Counter(name for truth in truths for name in names_in(truth) if name not in has_label)
    spelt = {spelling(name) for name in known}
    learnt: dict[str, int] = {}
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        has_room = not known or len(learnt) < MOST_NEW_LABELS
        if count >= least and has_room and spelling(name) not in spelt:
            learnt[name] = count
            spelt.add(spelling(name))
    left_out = {name: count for name, count in sorted(counts.items()) if name not in learnt}
    return NewLabels(dict(sorted(learnt.items())), left_out)


def leave_out(rows: DistinctRows, names: Iterable[str]) -> DistinctRows:
    """Return the rows without those of some labels; of answers to several questions these answers go."""
    gone = set(names)
    if not gone:
        return rows
    kept = store(left for row in rows.rows if (left := _without(row, gone)) is not None)
    return replace(rows, rows=kept, inputs=len(kept))


def _without(row: Row, gone: set[str]) -> Row | None:
    truth = row.values["label"]
    if not gone.intersection(names_in(truth)):
        return row
    if not isinstance(truth, dict):
        return None
    rest = {question: answer for question, answer in truth.items() if not gone & set(label_names({question: answer}))}
    return replace(row, values={**row.values, "label": rest}) if label_names(rest) else None


def spelling(name: str) -> str:
    """Return what names have in common that differ in case, blanks or Unicode form (NFKC) alone."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def check_new_label(truth: Any, known: Sequence[str]) -> str | None:
    """Say what is wrong with a truth whose labels a head may lack; one of several questions has objects of answers."""
    several = bool(columns_by_question(known))
    if isinstance(truth, dict) is not several:
        expected = "not an object of answers by question" if several else "not a name"
        return f"label is {truth!r:.80}, {expected}"
    if several and (problem := check_answers(truth, None)):
        return problem
    if not several and (problem := check_name(truth)) and not is_known(truth, tuple(known)):
        return f"label is {truth!r:.80}, {problem}"
    long = [name for name in names_in(truth) if name not in known and len(name) > LONGEST_NEW_LABEL]
    if long:
        return f"the new label {long[0][:40]!r}… has {len(long[0])} characters, more than {LONGEST_NEW_LABEL}"
    return None


def find_nearly(truth: Any, known: Sequence[str]) -> str | None:
    """Say which label of a truth is a known one but for case, blanks or Unicode form; None where none is."""
    spelt = {spelling(label): label for label in known}
    for name in names_in(truth):
        near = spelt.get(spelling(name), name)
        if near != name and name not in known:
            return f"{name!r} differs from {near!r} in case, blanks or Unicode form alone"
    return None


def read_unnamed(known: Sequence[str], names: Iterable[str]) -> tuple[str, ...]:
    """Return a head's labels as rows call them: those that it has, where these say anything.

    A head of LABEL_0, LABEL_1, … alone has no names. Rows whose labels are the numbers of these from 0 on name them by
    number. Rows with any other names say nothing about which class is which: nothing is returned.
    """
    found = set(names)
    is_unnamed = all(name == f"LABEL_{number}" for number, name in enumerate(known))
    if not is_unnamed or not found or found.intersection(known):
        return tuple(known)
    numbers = tuple(str(number) for number in range(len(known)))
    return numbers if "0" in found and found <= set(numbers) else ()
