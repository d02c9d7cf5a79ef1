"""The readings of benchmarks/scale, small: every side reads the same values, and how often each asks. No seconds."""

from shutil import which

import pytest

from benchmarks.scale import OURS, Plan
from benchmarks.scale.reading import (
    CONCURRENT,
    ONE_BY_ONE,
    compare,
    differences,
    sides_for_many_shapes,
    sides_for_ratios,
)

MODELS = 40
PLAN = Plan((MODELS,), 1)
pytestmark = pytest.mark.skipif(not which("promtool"), reason="needs the prometheus and promtool binaries")


def test_one_shape_is_read_alike_by_all_sides() -> None:
    found = {record["side"]: record for record in compare(PLAN, sides_for_ratios)}
    assert {record["values"] for record in found.values()} == {MODELS}
    assert found[CONCURRENT]["queries"] == found[ONE_BY_ONE]["queries"] == MODELS
    assert found[OURS]["queries"] == 1


def test_many_shapes_are_read_alike_and_broken_ones_by_nobody() -> None:
    found = {record["side"]: record for record in compare(PLAN, sides_for_many_shapes)}
    assert {record["values"] for record in found.values()} == {MODELS - MODELS // 20}
    assert found[OURS]["queries"] <= MODELS // 5


def test_a_difference_is_found() -> None:
    assert differences([0.7, None, 0.1 + 0.2], [0.7, None, 0.3]) == []
    assert differences([0.7, None, 0.3], [0.8, 0.7, None]) == [0, 1, 2]
