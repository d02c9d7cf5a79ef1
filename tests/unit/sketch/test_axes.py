"""The drift's limit: seldom passed by chance, and by foreign inputs at once."""

import numpy as np
import pytest
from numpy.typing import NDArray

from refit_trainer.sketch.axes import FEWEST, Axes, find_axes
from refit_trainer.sketch.document import COMPONENTS, WINDOW

WIDTH, WINDOWS, SKETCHES = 32, 50, 8
Draw = np.random.Generator
Array = NDArray[np.float64]


def draw_inputs(draw: Draw, rows: int, tail: float = 30) -> Array:
    """Return features with variances that fall off, as pooled features do, and heavy tails."""
    return np.asarray(draw.standard_t(tail, (rows, WIDTH)) * 0.9 ** np.arange(WIDTH) + 3.0)


def ratios(found: Axes, features: Array) -> Array:
    places = ((features - found.mean) @ found.axes.T).reshape(-1, WINDOW, len(found.axes))
    return np.asarray((places.mean(axis=1) ** 2).sum(axis=1) / found.limit)


@pytest.mark.parametrize(("rows", "tail"), [(FEWEST, 30), (1000, 4)])
def test_windows_of_the_same_kind_seldom_pass_the_limit(rows: int, tail: float) -> None:
    """Of several sketches, each of rows of its own: with one alone, the chance of its own rows would be measured."""
    draw = np.random.default_rng(1)
    flagged = []
    for _ in range(SKETCHES):
        found = find_axes(draw_inputs(draw, rows, tail))
        assert found is not None and len(found.axes) == COMPONENTS
        flagged.append(float(np.mean(ratios(found, draw_inputs(draw, WINDOWS * WINDOW, tail)) > 1)))
    share = float(np.mean(flagged))
    print(f"rows {rows}, tail {tail}: {share:.4f}")
    assert share < 0.04


def test_a_quarter_of_foreign_inputs_is_seen() -> None:
    draw = np.random.default_rng(2)
    found = find_axes(draw_inputs(draw, 1000))
    assert found is not None
    foreign = draw_inputs(draw, WINDOWS * WINDOW)
    foreign[::4] += 1.5 * 0.9 ** np.arange(WIDTH)
    assert np.mean(ratios(found, foreign) > 1) > 0.95


def test_the_axes_have_the_variance_one() -> None:
    features = draw_inputs(np.random.default_rng(3), 500)
    found = find_axes(features)
    assert found is not None
    places = (features - found.mean) @ found.axes.T
    assert np.cov(places.T) == pytest.approx(np.eye(COMPONENTS), abs=1e-6)


def test_the_same_rows_give_the_same_limit() -> None:
    features = draw_inputs(np.random.default_rng(4), 300)
    first, again = find_axes(features), find_axes(features)
    assert first is not None and again is not None and first.limit == again.limit


def test_directions_in_which_nothing_differs_are_left_out() -> None:
    features = np.zeros((FEWEST, 8))
    features[:, 0] = np.random.default_rng(5).standard_normal(FEWEST)
    found = find_axes(features)
    assert found is not None and len(found.axes) == 1


@pytest.mark.parametrize(
    "features",
    [np.zeros((FEWEST, 4)), np.random.default_rng(6).random((FEWEST - 1, 4)), np.full((FEWEST, 4), np.nan)],
    ids=["all alike", "too few", "no numbers"],
)
def test_what_no_axes_can_be_found_of(features: Array) -> None:
    assert find_axes(features) is None
