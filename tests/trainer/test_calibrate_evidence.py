"""Threshold and window by the operator's evidence: the same numbers as the operator's, and the lag that is promised."""

import json
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from refit_calibrate.__main__ import main
from refit_calibrate.choose import Plan
from refit_calibrate.evidence import (
    FEWEST_WINDOWS,
    WINDOWS,
    alternatives_to,
    false_rate,
    log_statistics,
    needed_for,
    windows_until,
)
from refit_calibrate.history import Label, cut
from refit_calibrate.probabilities import Rule
from refit_calibrate.windows import CANDIDATES, cheapest, choose_by_window, common_prior
from refit_trainer.contract.errors import BadInput
from tests.support.trainer.commands import ROOT

CONTRACT: dict[str, Any] = json.loads((ROOT / "tests/contract/evidence.json").read_text())
PLAN = Plan(Rule(3, 5), interval=600, labels=200)


@pytest.mark.parametrize("threshold", CONTRACT["alternatives"])
def test_the_alternatives_are_the_operators(threshold: str) -> None:
    found = alternatives_to(np.array([float(threshold)]))[0]
    assert found.tolist() == pytest.approx(CONTRACT["alternatives"][threshold], abs=1e-9)


@pytest.mark.parametrize("history", CONTRACT["histories"], ids=lambda history: history["name"])
def test_the_statistics_are_the_operators(history: dict[str, Any]) -> None:
    windows = [(good, total) for good, total in history["windows"]]
    found = log_statistics(windows, history["threshold"], history["repeats"])
    assert found == pytest.approx(history["logStatistics"], abs=1e-8)


def test_what_is_needed_and_looked_back_at_is_the_operators() -> None:
    for row in CONTRACT["needed"]:
        assert needed_for(row["atMost"], row["perSeconds"], row["windowSeconds"]) == row["statistic"]
    assert (CONTRACT["windows"], CONTRACT["fewestWindows"]) == (WINDOWS, FEWEST_WINDOWS)


def _drawn(accuracy: float, threshold: float, labels: int, needed: float, paths: int = 60) -> float:
    """Return the mean number of windows until the operator's rule is met, of drawn ones."""
    draw, waits = np.random.default_rng(4), []
    for _ in range(paths):
        windows = [(int(good), labels) for good in draw.binomial(labels, accuracy, 120)]
        waits.append(next(n for n, s in enumerate(log_statistics(windows, threshold), 1) if s >= np.log(needed)))
    return float(np.mean(waits))


@pytest.mark.parametrize(
    ("accuracy", "labels", "tolerance"),
    [(0.82, 200, 0.15), (0.80, 200, 0.15), (0.75, 200, 0.15), (0.80, 50, 0.15), (0.75, 20, 0.15), (0.70, 20, 0.15)],
)
def test_the_lag_is_that_of_drawn_windows(accuracy: float, labels: int, tolerance: float) -> None:
    computed = windows_until(np.array([[accuracy]]), np.array([[0.85]]), labels, 4320)[0, 0]
    assert computed == pytest.approx(_drawn(accuracy, 0.85, labels, 4320), rel=tolerance)


def test_what_is_not_below_the_threshold_is_never_waited_for() -> None:
    found = windows_until(np.array([[0.85], [0.9], [0.849]]), np.array([[0.85]]), 200, 4320)
    assert np.isinf(found).all()


def test_the_rate_by_chance_is_the_promised_one_at_the_threshold_and_less_above() -> None:
    accuracies = np.array([0.85, 0.855, 0.86, 0.9])[:, None]
    rates = 4320 * false_rate(accuracies, np.array([[0.85]]), 4320)[:, 0]
    assert rates[0] == pytest.approx(1, rel=1e-3) and rates[1] < 0.25 and rates[2] < 0.15 and rates[3] < 0.05
    assert sorted(rates, reverse=True) == rates.tolist()


def history(shares: list[tuple[float, bool]], labels: int = 1500, seed: int = 3) -> list[Label]:
    """Return labels three seconds apart: 200 in ten minutes."""
    draw = random.Random(seed)
    parts = [pair for pair in shares for _ in range(labels)]
    return [Label(3.0 * n, draw.random() < share, is_drifted) for n, (share, is_drifted) in enumerate(parts)]


def test_the_threshold_lies_between_good_and_drifted_and_finds_the_drift() -> None:
    blocks = cut(history([(0.85, False)] * 8 + [(0.75, True)] * 4), 12)
    choices = choose_by_window(blocks, PLAN)
    best = cheapest(choices)
    assert [choice.window for choice in choices] == list(CANDIDATES[2:])
    assert 0.75 < best.range[0] <= best.threshold <= best.range[1] < 0.85
    assert best.promised == 1 and best.expected < 0.5 and best.lag < 2 * 3600


def test_few_labels_are_not_taken_for_a_known_accuracy() -> None:
    """2,400 labels tell an accuracy of 0.8 to 0.008: closer to it, the threshold may be above what is true."""
    few, many = (cheapest(choose_by_window(cut(history([(0.8, False)] * 12, n), 12), PLAN)) for n in (200, 20_000))
    assert few.accuracy - few.threshold > 0.008 and many.accuracy - many.threshold < 0.008
    prior = common_prior(cut(history([(0.8, False)] * 12, 200), 12))
    assert prior.right + prior.wrong <= 2400


def test_fewer_false_runs_are_paid_for_with_time() -> None:
    often, seldom = (windows_until(np.array([0.8]), np.array([0.85]), 100, 8640 / at_most)[0] for at_most in (100, 1))
    assert often < 0.7 * seldom


def test_of_windows_that_cost_about_the_same_the_shortest_is_taken() -> None:
    found = choose_by_window(cut(history([(0.85, False)] * 12), 12), PLAN)
    costs = {300: 1.2, 600: 1.04, 900: 1.03, 1800: 1.0, 3600: 1.01}
    assert cheapest([replace(choice, cost=costs[choice.window]) for choice in found]).window == 600


def test_windows_that_the_operator_refuses_or_that_hold_few_scrapes_are_not_offered() -> None:
    blocks = cut(history([(0.85, False)] * 8), 12)
    plan = Plan(Rule(3, 5), interval=600, labels=200, per=3600, scrape=30)
    assert [choice.window for choice in choose_by_window(blocks, plan)] == [120, 300]
    with pytest.raises(BadInput, match="4 scrapes are 480 s, and the longest that is allowed 360 s"):
        choose_by_window(blocks, Plan(Rule(3, 5), interval=600, labels=200, per=3600, scrape=120))


def test_too_short_a_history_is_refused() -> None:
    with pytest.raises(BadInput, match="2 blocks before any drift"):
        choose_by_window(cut(history([(0.85, False)], 20), 2), PLAN)


def write(path: Path, labels: list[Label]) -> Path:
    rows = [f"{label.time},{int(label.is_right)},{int(label.is_drifted)}" for label in labels]
    path.write_text("time,correct,drifted\n" + "\n".join(rows) + "\n")
    return path


def test_the_command_prints_every_window_and_what_to_paste(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "labels.csv", history([(0.85, False)] * 8 + [(0.7, True)] * 4, 300))
    picture = tmp_path / "choice.png"
    assert main([str(path), "--picture", str(picture), "--at-most", "2", "--per", "7"]) == 0
    told = capsys.readouterr()
    row = r"^# (\d+m) +([\d.]+) +(0\.\d+) +.+ at most ([\d.]+), here [\d.e-]+( <-)?$"
    rows = re.findall(row, told.out, re.MULTILINE)
    assert [row[0] for row in rows] == ["5m", "10m", "15m", "30m", "60m"]
    assert [row[1] for row in rows[:2]] == ["100", "200"] and {row[3] for row in rows} == {"8.6"}
    (chosen,) = [row for row in rows if row[4]]
    assert f"  threshold: {float(chosen[2])}\n" in told.out and f"  window: {chosen[0]}\n" in told.out
    assert "falseRuns: {atMost: 2, per: 168h}" in told.out and not told.err
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_an_accuracy_that_changes_by_itself_is_doubted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shares = [(share, False) for share in (0.9, 0.8, 0.88, 0.78, 0.91, 0.79)] + [(0.77, True)] * 3
    assert main([str(write(tmp_path / "labels.csv", history(shares, 1000)))]) == 0
    assert "the accuracy changes by itself almost as a drift changes it" in capsys.readouterr().err


def test_a_drop_that_few_labels_cannot_show_is_doubted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "labels.csv", history([(0.85, False)] * 12, 300))
    assert main([str(path), "--labels", "2", "--drop", "0.01"]) == 0
    assert "the drift is in breach only after" in capsys.readouterr().err
