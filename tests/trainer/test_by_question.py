"""What the page and the card make of facts, whatever the task: the verdict, the colours, a phone's width."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from huggingface_hub import ModelCard

from refit_trainer.comparison.difference import Difference
from refit_trainer.explain.by_question import Matrix, QuestionFacts
from refit_trainer.explain.card import render_card
from refit_trainer.explain.facts import Facts
from refit_trainer.explain.measures import Judged, Part
from refit_trainer.explain.page import render
from refit_trainer.tasks import find_task


def facts_of(task: str, values: list[float], **more: Any) -> Facts:
    """Return the facts about a checkpoint, and a served model where there are two values of the task's first metric."""
    metric, is_higher_better = next(iter(find_task(task).metrics.items()))
    models = [Judged(name, [], {metric: value}) for name, value in zip(("candidate", "served"), values, strict=False)]
    whole = Part("all", 100, values[0], values[1] if len(values) > 1 else None)
    return Facts("reviews-2", task, metric, is_higher_better, models, [whole], 100, 100, 0, 0, {}, **more)


def rgb(colour: str) -> list[int]:
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    return [int(digits[place : place + 2], 16) for place in (0, 2, 4)]


def contrast(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the contrast of two colours as WCAG 2 has it, from 1 to 21."""
    linear = [
        [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (c / 255 for c in colour)]
        for colour in (one, other)
    ]
    dark, light = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in linear)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    "task",
    [
        "speech-recognition",
        "image-classification",
        "object-detection",
        "token-classification",
        "multi-label",
        "image-multi-label",
        "regression",
    ],
)
def test_the_card_calls_a_task_as_the_hub_does(task: str) -> None:
    from transformers.pipelines import SUPPORTED_TASKS

    card = ModelCard(render_card(facts_of(task, [0.5])))
    assert card.data.pipeline_tag in SUPPORTED_TASKS
    assert {result.task_type for result in card.data.eval_results} == {card.data.pipeline_tag}


def test_the_card_makes_up_no_task_for_the_hub() -> None:
    assert ModelCard(render_card(facts_of("recommendation", [0.5]))).data.pipeline_tag is None


@pytest.mark.parametrize(
    ("task", "values", "kind", "said"),
    [
        ("text-classification", [0.9, 0.8], "up", "+0.100, better"),
        ("text-classification", [0.8, 0.9], "down", "-0.100, worse"),
        ("text-classification", [0.82, 0.8], "", "+0.020, may be chance"),
        ("text-classification", [0.8, 0.8], "", "+0.000, no difference"),
        ("speech-recognition", [0.2, 0.5], "up", "-0.300, better"),
        ("speech-recognition", [0.5, 0.2], "down", "+0.300, worse"),
    ],
)
def test_the_verdict_is_a_word_beside_the_number(task: str, values: list[float], kind: str, said: str) -> None:
    gap = values[0] - values[1]
    bounds = Difference(gap, gap - 0.05, gap + 0.06, 0.9696, "exact McNemar", differing=31)
    page = render(facts_of(task, values, difference=bounds))
    told = (
        f"With 96.96 % certainty the difference is over {gap - 0.05:+.3f}, with as much it is under {gap + 0.06:+.3f} "
    )
    assert f"{told}(exact McNemar; one of them alone is right on 31 rows)." in page
    assert f'<span class="gain {kind}">{said}</span>' in page
    assert "by slice" not in page, "all rows alone are no slices"


def test_a_matrix_of_many_classes_fits_a_phone_and_can_be_read() -> None:
    names = [f"a class with a long name {n}" for n in range(12)]
    counts = [[100 if row == column else 0 for column in range(12)] for row in range(12)]
    matrix = Matrix("candidate", names, [[0, 100, *[0] * 10], *counts[1:]])
    page = render(facts_of("text-classification", [0.9], questions=[QuestionFacts("", [matrix])]))
    assert "grid-template-columns:fit-content(30%) repeat(12,minmax(0,1fr))" in page
    cells = {(mark, float(alpha)) for mark, alpha in re.findall(r"rgba\(var\(--(new|bad)\),([\d.]+)\)\">100<", page)}
    assert {mark for mark, _ in cells} == {"new", "bad"}
    for theme in re.findall(r":root {([^}]+)}", page):
        colours = dict(re.findall(r"--(\w+): ([^;]+);", theme))
        for mark, alpha in cells:
            over = [int(number) for number in colours[mark].split(",")]
            cell = [alpha * one + (1 - alpha) * below for one, below in zip(over, rgb(colours["card"]), strict=True)]
            assert contrast(rgb(colours["ink"]), cell) > 4.5, (colours, mark)  # WCAG 2, level AA
