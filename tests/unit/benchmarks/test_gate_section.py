"""The gate's section: its promises are held, and its sums are those of all answers."""

import pytest

from benchmarks.charts import Axis, Line, chart
from benchmarks.decisions import __main__ as page
from benchmarks.decisions.gate import SECTION, is_kept
from benchmarks.decisions.gate_chances import BETTER, METRICS, NOT_WORSE
from benchmarks.decisions.gates import Rule, at_least, chance, least_gained, likelihood, measured_verdict, verdict
from benchmarks.pages import read_lines
from refit_trainer.comparison.bootstrap import Estimate
from refit_trainer.comparison.pairs import Pairs


def test_every_promise_of_the_page_is_held() -> None:
    records = read_lines(page.records_of(SECTION))
    assert {record["part"] for record in records} >= {"size", "power", "slices", "uses", "draws"}
    assert [record for record in records if not is_kept(record)] == []


@pytest.mark.parametrize(
    ("record", "kept"),
    [
        ({"part": "size", "accepted": 0.0303}, True),
        ({"part": "size", "accepted": 0.0305}, False),
        ({"part": "slices", "kind": "limit", "holm": 0.069, "candidates": 500}, True),
        ({"part": "slices", "kind": "limit", "holm": 0.07, "candidates": 500}, False),
        ({"part": "uses", "way": "counted", "passed": 0.06, "holdouts": 2000}, False),
        ({"part": "uses", "way": "first", "passed": 0.9, "holdouts": 2000}, True),
        ({"part": "draws", "accepted": 0.06, "candidates": 200}, False),
    ],
)
def test_a_promise_that_is_broken_is_seen(record: dict[str, object], kept: bool) -> None:
    assert is_kept(record) is kept


@pytest.mark.parametrize("rule", [BETTER, NOT_WORSE, Rule(margin=0.02), Rule(by_number=True)])
def test_the_gate_accepts_from_the_number_on_that_is_least(rule: Rule) -> None:
    """What the sums rest on: one more row won never has a candidate refused."""
    for differing, least in enumerate(least_gained(40, range(26), rule)):
        found = [verdict(Pairs(gained, differing - gained, 40), rule).accepted for gained in range(differing + 1)]
        assert found == [gained >= least for gained in range(differing + 1)]


def test_a_chance_is_summed_over_all_answers() -> None:
    assert sum(likelihood(n, 40, 0.3) for n in range(41)) == pytest.approx(1)
    assert [at_least(n, 2, 0.5) for n in range(4)] == pytest.approx([1, 0.75, 0.25, 0])
    differing = range(21)
    accepted = [verdict(Pairs(k, n - k, 40), BETTER).accepted for n in differing for k in range(n + 1)]
    weights = [likelihood(n, 40, 0.1) * likelihood(k, n, 0.75) for n in differing for k in range(n + 1)]
    want = sum(weight for weight, passed in zip(weights, accepted, strict=True) if passed)
    assert chance(40, 0.1, 0.05, BETTER) == pytest.approx(want, abs=1e-8)


def test_a_long_name_beside_a_chart_is_within_it() -> None:
    axis = Axis("n", 0, 1, (0, 1))
    assert 'viewBox="0 0 720 400"' in chart("t", axis, axis, [Line("short", ())])
    assert 'viewBox="0 0 946 400"' in chart("t", axis, axis, [Line("n" * 50, ())])


@pytest.mark.parametrize(("metric", "gain"), [("wer", -0.05), ("macro_f1", 0.05)])
def test_a_metric_of_the_page_can_pass(metric: str, gain: float) -> None:
    assert metric in METRICS
    assert measured_verdict(Estimate(gain, 0.01, 400), Rule(metric=metric)).accepted
