"""Entities in a text: how rows and predictions hold them, how they are checked, and how they are counted.

An entity is `{"label", "start", "end"}`: characters of the text, from 0, `end` the first one after it. It is found
where label and both bounds are right (strict, as in E.F. Tjong Kim Sang and F. De Meulder, "Introduction to the
CoNLL-2003 Shared Task", 2003).
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from nervaluate.entities import Entity, EvaluationResult
from nervaluate.strategies import StrictEvaluation

from refit_trainer.tasks.components.names import check_name

STRICT = StrictEvaluation()


def read_entities(value: Any, text: str | None = None) -> list[Entity]:
    """Return the valid entities of a row or a prediction in the order of the text, without the blanks at their ends."""
    found = value if isinstance(value, list) else []
    entities = [Entity(str(one["label"]), one["start"], one["end"]) for one in found if _find_problem(one) is None]
    return sorted((_trim(one, text) if text else one for one in entities), key=lambda one: (one.start, one.end))


def check_entities(value: Any, labels: Sequence[str] | None) -> str | None:
    """Say all that is wrong with a row's entities; any label is right where `labels` is None."""
    if not isinstance(value, list):
        return f"entities is {value!r:.80}, not a list of entities"
    problems = [f"entities[{i}] {problem}" for i, one in enumerate(value) if (problem := _find_problem(one))]
    if problems:
        return "; ".join(problems)
    named = [(i, one["label"]) for i, one in enumerate(value)]
    if labels is None:
        told = [(i, label, check_name(label)) for i, label in named]
        problems = [f"entities[{i}] has the label {label!r:.60}, {problem}" for i, label, problem in told if problem]
        return "; ".join(problems) or None
    unknown = [
        f"entities[{i}] has the unknown label {str(label)!r:.60}" for i, label in named if str(label) not in labels
    ]
    return "; ".join([*unknown, f"the model knows {', '.join(labels)}"]) if unknown else None


def check_inside(value: Any, text: str) -> str | None:
    """Say which entities are outside of a text, blank, or one over another: a word has one label at most."""
    found = sorted(read_entities(value), key=lambda one: (one.start, one.end))
    where = {id(one): f"the entity {one.label!r:.60} from {one.start} to {one.end}" for one in found}
    problems = [
        f"{where[id(one)]} is outside of the text's {len(text)} characters" for one in found if one.end > len(text)
    ]
    problems += [
        f"{where[id(one)]} is blank" for one in found if one.end <= len(text) and not text[one.start : one.end].strip()
    ]
    problems += [f"{where[id(two)]} overlaps {where[id(one)]}" for one, two in pairwise(found) if two.start < one.end]
    return "; ".join(problems) or None


def count_found(found: Sequence[Entity], true: Sequence[Entity]) -> EvaluationResult:
    """Return how many entities of one text were found, missed, and made up."""
    result, _ = STRICT.evaluate(list(true), list(found), [])
    return result


def measure_entities(found: Sequence[Sequence[Entity]], true: Sequence[Sequence[Entity]]) -> dict[str, float]:
    """Return F1, precision and recall over the entities of all texts; of texts without any, 1 where none was found."""
    total = EvaluationResult()
    for answer, truth in zip(found, true, strict=True):
        part = count_found(answer, truth)
        total.correct += part.correct
        total.incorrect += part.incorrect
        total.missed += part.missed
        total.spurious += part.spurious
    total.compute_metrics()
    if not total.possible and not total.actual:
        return {"f1": 1.0, "precision": 1.0, "recall": 1.0}
    return {"f1": float(total.f1), "precision": float(total.precision), "recall": float(total.recall)}


def _trim(one: Entity, text: str) -> Entity:
    part = text[one.start : one.end]
    start = one.start + len(part) - len(part.lstrip())
    return Entity(one.label, start, max(start, one.end - len(part) + len(part.rstrip())))


def _find_problem(one: Any) -> str | None:
    """Return what is wrong with one entity, whatever its label is."""
    if not isinstance(one, Mapping) or not {"label", "start", "end"} <= set(one):
        return f'is {one!r:.60}, not {{"label": …, "start": …, "end": …}}'
    label, bounds = one["label"], (one["start"], one["end"])
    if not isinstance(label, (str, int)) or isinstance(label, bool) or label == "":
        return f"has the label {label!r:.60}, not a name"
    if odd := [bound for bound in bounds if not isinstance(bound, int) or isinstance(bound, bool)]:
        return f"has the bound {odd[0]!r:.60}, not a number of characters"
    return (
        None if 0 <= bounds[0] < bounds[1] else f"goes from {bounds[0]!s:.30} to {bounds[1]!s:.30}: it has no character"
    )
