"""How often answers of a confidence are right: isotonic regression (B. Zadrozny and C. Elkan, KDD 2002) of bins."""

from collections.abc import Sequence

import numpy as np
from sklearn.isotonic import IsotonicRegression

from refit_trainer.sketch.document import KNOTS, Calibration

BIN = 10  # rows at least


def calibrate(scores: Sequence[float], right: Sequence[float]) -> Calibration:
    """Return the calibration of confidences, by whether each answer was right: 1 or 0, or a share of its parts."""
    order = np.argsort(scores, kind="stable")
    bins = np.array_split(order, max(1, min(KNOTS, len(order) // BIN)))
    confidence = [float(np.mean(np.asarray(scores)[one])) for one in bins]
    accuracy = [float(np.mean(np.asarray(right)[one])) for one in bins]
    fit = IsotonicRegression(y_min=0, y_max=1).fit(confidence, accuracy, sample_weight=[len(one) for one in bins])
    return Calibration(confidence=tuple(map(float, fit.X_thresholds_)), accuracy=tuple(map(float, fit.y_thresholds_)))
