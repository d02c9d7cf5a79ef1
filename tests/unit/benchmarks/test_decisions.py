"""The page of how often decisions are wrong: what it is made of, and that a difference is found."""

from pathlib import Path

import pytest

from benchmarks.charts import Axis, Line, chart, log_axis
from benchmarks.decisions import Section
from benchmarks.decisions import __main__ as page
from benchmarks.decisions.false_runs import is_kept
from benchmarks.decisions.judge import first_run, is_breached, monitor
from benchmarks.pages import write_lines
from refit_operator.prometheus.rules.reading import Counts


def section(place: int, name: str) -> Section:
    return Section(
        name=name,
        place=place,
        measure=lambda: [{"value": place}],
        render=lambda records: f"## {name}\n{[record['value'] for record in records]}",
        pictures=lambda records: {f"{name}.svg": f"<svg>{len(records)}</svg>"},
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(page, "RECORDS", tmp_path / "decisions")
    monkeypatch.setattr(page, "PAGE", tmp_path / "decisions.md")
    monkeypatch.setattr(page, "sections", lambda: [section(1, "runs"), section(2, "gate")])
    page.measure(["runs", "gate"])
    for file, text in page.made().items():
        file.write_text(text)
    return tmp_path


def test_a_page_that_was_made_is_what_its_records_say(folder: Path) -> None:
    assert (folder / "decisions.md").read_text().endswith("## runs\n[1]\n\n## gate\n[2]\n")
    assert page.problems() == []


@pytest.mark.parametrize("name", ["decisions.md", "decisions/runs.svg"])
def test_what_was_changed_by_hand_is_found(folder: Path, name: str) -> None:
    (folder / name).write_text("better")
    assert page.problems() == [f"{folder / name} isn't what its records say"]


def test_a_picture_that_is_missing_is_found(folder: Path) -> None:
    (folder / "decisions/gate.svg").unlink()
    assert page.problems() == [f"{folder / 'decisions/gate.svg'} isn't what its records say"]


def test_records_that_changed_are_found(folder: Path) -> None:
    write_lines(folder / "decisions/runs.jsonl", [{"value": 3}])
    assert page.problems() == [f"{folder / 'decisions.md'} isn't what its records say"]


def test_a_chart_has_its_lines_within_its_axes() -> None:
    y = log_axis("windows", (30, 8000))
    assert y.marks == [10, 100, 1000, 10000]
    assert [y.share(value) for value in (1, 10, 100, 1e6)] == pytest.approx([0, 0, 1 / 3, 1])
    drawn = chart("A < B", Axis("n", 0, 10, (0, 5, 10)), y, [Line("found", [(0, 30), (10, 8000)]), Line("promise", ())])
    assert "A &lt; B" in drawn and drawn.count("<polyline") == 2 and drawn.count("<circle") == 2


@pytest.mark.parametrize(("mean", "kept"), [(120.0, True), (95.0, True), (79.0, False)])
def test_a_promise_is_kept_within_two_standard_errors(mean: float, kept: bool) -> None:
    assert is_kept({"promised": 100, "mean": mean, "error": 10.0}) is kept


def test_a_simulated_monitor_judges_as_the_operator_does() -> None:
    """A run needs evidence enough of what is shown, and a newest reading that is a value in breach."""
    judge, fine, worse = monitor(0.85, 8640), Counts(180, 200), Counts(120, 200)
    windows = [*[fine] * 300, *[worse] * 5]
    assert first_run(judge, windows) == 303
    assert first_run(judge, windows, begin=300) == 3
    assert is_breached(judge, windows) and not is_breached(judge, [*windows, fine])
    assert not is_breached(judge, [*windows, None]) and not is_breached(judge, [*windows, Counts(0, 0)])
    assert not is_breached(judge, windows, shown=1)
    assert first_run(judge, [fine] * 300) is None
