"""The page of what many monitors cost: turns, medians, goals, and that a difference is found."""

from pathlib import Path

import pytest

from benchmarks.pages import Record, read_lines
from benchmarks.scale import OURS, Figure, Goal, Limit, Plan, Row
from benchmarks.scale import __main__ as page
from benchmarks.scale.growth import exponent
from benchmarks.scale.tables import number, render, verdict
from benchmarks.scale.turns import median_of, sizes_of, take_turns

SECONDS = Figure("seconds", "seconds")
ON = {"cores": 2, "processor": "x", "memory_gib": 4, "kernel": "6", "python": "3.11", "prometheus": "2", "kopf": "1"}
ON |= {"prometheus_api_client": "0", "commit": "abc", "load": 0.1, "day": "2026-01-05"}


def measured(plan: Plan) -> list[Record]:
    took = {OURS: 0.01, "naive": 2.0}
    sides = {name: lambda seconds=seconds: {"seconds": seconds} for name, seconds in took.items()}
    return [record for size in plan.sizes for record in take_turns(sides, size, plan.rounds)]


ROW = Row(
    "row", 1, "A row", "How.", (OURS, "naive"), (SECONDS,), measured, (Goal(SECONDS, 100, "naive"),), drawn=(SECONDS,)
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(page, "RECORDS", tmp_path / "scale")
    monkeypatch.setattr(page, "PAGE", tmp_path / "scale.md")
    monkeypatch.setattr(page, "rows", lambda: [ROW])
    monkeypatch.setattr(page, "machine", lambda: ON)
    page.measure(ROW, Plan((10, 100), 2))
    for file, text in page.made().items():
        file.write_text(text)
    return tmp_path


def test_a_page_that_was_made_is_what_its_records_say(folder: Path) -> None:
    assert page.problems() == []
    text = (folder / "scale.md").read_text()
    assert "| 100 | naive | 2 | 2 |" in text
    assert "seconds, at most 1/100 of *naive*: met, 2 against 0.01: 1/200 (at 100, it is set for 10,000)." in text
    assert "- row (10, 100): 2 cores (x), 4 GiB" in text
    assert "| 1 | seconds | naive | 10 to 100 | 2 | 2 | 0.00 |" in text


@pytest.mark.parametrize("name", ["scale.md", "scale/row-seconds.svg", "scale/growth.svg"])
def test_what_was_changed_by_hand_is_found(folder: Path, name: str) -> None:
    (folder / name).write_text("better")
    assert page.problems() == [f"{folder / name} isn't what its records say"]


def test_what_is_measured_again_replaces_its_size_alone(folder: Path) -> None:
    page.measure(ROW, Plan((100, 1000), 1))
    records = read_lines(folder / "scale/row.jsonl")
    assert [record["sizes"] for record in records if "machine" in record] == [[10], [100, 1000]]
    counts = {size: sum(record.get("size") == size for record in records) for size in (10, 100, 1000)}
    assert counts == {10: 4, 100: 2, 1000: 2}


def test_every_second_round_goes_the_other_way_round() -> None:
    order = [record["side"] for record in take_turns({"a": dict, "b": dict, "c": dict}, 1, 2)]
    assert order == ["a", "b", "c", "c", "b", "a"]


def turns(side: str, size: int, *values: float) -> list[Record]:
    return [{"side": side, "size": size, "seconds": value} for value in values]


def test_a_goal_is_judged_by_medians_at_its_size_else_at_the_largest_that_both_played() -> None:
    records = turns(OURS, 10_000, 1, 1, 50) + turns("naive", 10_000, 99, 99, 1) + turns("naive", 30_000, 1)
    assert median_of(records, OURS, 10_000, "seconds") == 1
    assert sizes_of(records, OURS, "naive") == [10_000]
    assert "**missed**, 99 against 1: 1/99 (at 10,000)" in verdict(Goal(SECONDS, 100, "naive"), records)
    assert verdict(Goal(SECONDS, 100, "another"), records).endswith("not measured.")
    assert ": met, 1 (at 10,000)" in verdict(Limit(SECONDS, 1), records)
    assert "**missed**, 1 (at 10,000)" in verdict(Limit(SECONDS, 0.5), records)


def test_nothing_of_ours_meets_any_ratio() -> None:
    records = turns(OURS, 10, 0) + turns("naive", 10, 7)
    assert ": met, 7 against 0 (at 10, it is set for 10,000)" in verdict(Goal(SECONDS, 100, "naive"), records)


def test_growth_is_a_power_of_the_size() -> None:
    assert exponent((100, 10_000), (1, 100)) == pytest.approx(1)
    assert exponent((10, 100), (1, 100)) == pytest.approx(2)
    assert exponent((10, 100), (5, 5)) == 0


def test_a_row_without_records_says_so() -> None:
    assert render(ROW, []).endswith("Not measured yet.")


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (0.012345, "0.0123"), (12.34, "12.3"), (12345.6, "12,346")])
def test_numbers_have_three_digits_that_count(value: float, text: str) -> None:
    assert number(value) == text
