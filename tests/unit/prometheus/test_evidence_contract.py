"""The rule's numbers, which refit-calibrate has to give as well: its tests read the same file."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.decisions.recursion import log_statistics
from refit_operator.prometheus.rules.evidence import (
    FEWEST_WINDOWS,
    WINDOWS,
    alternatives_to,
    needed_for,
)
from refit_operator.prometheus.rules.reading import Counts

CONTRACT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "contract/evidence.json").read_text())


@pytest.mark.parametrize("threshold", CONTRACT["alternatives"])
def test_the_alternatives_are_the_contracts(threshold: str) -> None:
    assert alternatives_to(float(threshold)) == pytest.approx(CONTRACT["alternatives"][threshold], abs=1e-9)


@pytest.mark.parametrize("history", CONTRACT["histories"], ids=lambda history: history["name"])
def test_the_statistics_are_the_contracts(history: dict[str, Any]) -> None:
    windows = [Counts(*counts) for counts in history["windows"]]
    found = list(log_statistics(windows, history["threshold"], True, history["repeats"]))
    assert found == pytest.approx(history["logStatistics"], abs=1e-8)


def test_what_is_needed_and_looked_back_at_is_the_contracts() -> None:
    for row in CONTRACT["needed"]:
        per, window = (timedelta(seconds=row[name]) for name in ("perSeconds", "windowSeconds"))
        assert needed_for(row["atMost"], per, window) == row["statistic"]
    assert (CONTRACT["windows"], CONTRACT["fewestWindows"]) == (WINDOWS, FEWEST_WINDOWS)
