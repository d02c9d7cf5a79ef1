"""docs/benchmarks/gpu.md: what it says without a record, with some, and of a part that failed."""

import pytest

from benchmarks.gpu import SECONDS, __main__
from benchmarks.gpu.__main__ import NEVER, PAGE, RECORDS, play, render, render_page
from benchmarks.pages import read_lines


def test_the_page_is_what_its_records_say() -> None:
    assert render_page(PAGE.read_text(), read_lines(RECORDS)) == PAGE.read_text()


def test_without_a_record_it_says_that_it_was_never_run() -> None:
    assert render([]) == NEVER and "never run" in NEVER


def test_what_was_measured_and_what_failed_are_told() -> None:
    start = {"part": "start", "device": "NVIDIA X", "seconds_in_all": 12.5, "versions": {"torch": "2"}}
    made = render([start, {"part": "full", "failed": "out of memory | at once"}])
    assert "| start | NVIDIA X | seconds in all 12.5 |" in made
    assert "| full | - | not measured: out of memory / at once |" in made


def test_the_parts_take_less_than_ten_minutes() -> None:
    assert sum(SECONDS.values()) < 600


def test_a_part_that_takes_too_long_is_ended_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(__main__, "SECONDS", {"start": 0})
    assert play("start", is_dry=True) == {"part": "start", "failed": "not done after 0 s"}
