"""The axes along which inputs are followed, and how far the mean of 200 of them may lie off by chance. Pure.

Of one input little can be said, and of the mean of many much: along the leading principal components, each scaled to
the variance 1, the squared length of that mean has a limit that inputs of the same kind pass once in a hundred times.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refit_trainer.sketch.document import COMPONENTS, WINDOW

Array = NDArray[np.floating[Any]]
FEWEST = 200  # rows: of fewer, the axes are chance themselves
DRAWS = 2000
PERCENTILE = 99
FLAT = 1e-9  # of the leading component's variance: less is rounding
SEED = 20_261_129


@dataclass(frozen=True, slots=True)
class Axes:
    """The centre, the axes, and the limit of the squared length."""

    mean: Array
    axes: Array
    limit: float


def find_axes(features: Array) -> Axes | None:
    """Return the axes of features, (rows, width); None where there are too few rows, or all are the same."""
    if len(features) < FEWEST or not np.isfinite(features).all():
        return None
    mean = features.mean(axis=0)
    _, values, directions = np.linalg.svd(features - mean, full_matrices=False)
    variances = values[:COMPONENTS] ** 2 / (len(features) - 1)
    kept = variances > FLAT * max(1.0, float(variances[0]))
    if not kept.any():
        return None
    axes = directions[:COMPONENTS][kept] / np.sqrt(variances[kept])[:, None]
    return Axes(mean, axes, find_limit((features - mean) @ axes.T))


def find_limit(places: Array) -> float:
    """Return the limit for rows at these places, (rows, axes), by resampling windows of them.

    The centre was estimated from these rows and lies off by chance itself: with few rows, by as much as a window.
    """
    draw = np.random.default_rng(SEED)
    rows, width = places.shape
    centres = draw.standard_normal((DRAWS, width)) / np.sqrt(rows)
    windows = np.stack([places[draw.integers(rows, size=WINDOW)].mean(axis=0) for _ in range(DRAWS)])
    return float(np.percentile(((windows - centres) ** 2).sum(axis=1), PERCENTILE))
