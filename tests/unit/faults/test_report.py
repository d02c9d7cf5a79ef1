"""The table of faults, and the page made from what was played."""

from pathlib import Path

from tests.faults import requests
from tests.faults.played import Played, save
from tests.faults.report import NEVER, one_by_one, render, table

PLAYED = [
    Played("calls", "kill-after", "PUT retrainruns/status Judging#1", "as without a fault", 1.0),
    Played("calls", "kill-after", "PUT retrainruns/status Judging#2", "not as without a fault", 3.0, ("G1: 2 Jobs",)),
    Played("calls", "kill-after", "POST jobs#1", "as without a fault", 0.5),
    Played("calls", "409", "PUT retrainruns/status Judging#1", NEVER, 0.0),
]


def test_modes_by_kinds_of_call() -> None:
    assert table(PLAYED).splitlines() == [
        "| mode | `PUT retrainruns/status` | `POST jobs` | violations |",
        "|---|---|---|---|",
        "| `kill-after` | 1 of 2 ok, 2.0 / 3.0 s | 1 of 1 ok, 0.5 / 0.5 s | 1 |",
        "| `409` | never came | - | 0 |",
    ]


def test_a_row_for_each_fault_of_the_surroundings() -> None:
    away = Played("surroundings", "API server killed", "Training", "away for 8 s", 0.26)
    twice = Played(
        "surroundings", "two operators", "all stages", "not as without a fault", 1.0, ("G1: 2 Jobs", "G3: late")
    )
    assert one_by_one([away, twice]).splitlines()[2:] == [
        "| API server killed | Training | away for 8 s | 0.3 s | nothing |",
        "| two operators | all stages | not as without a fault | 1.0 s | G1: 2 Jobs; G3: late |",
    ]


def test_the_page_says_what_is_in_the_files_and_what_is_not(tmp_path: Path) -> None:
    save(tmp_path / "calls.jsonl", PLAYED)
    page = " ".join(render(tmp_path).split())
    assert "Played: 3 faults; violations of an invariant: 1." in page
    assert "3 loops at 3 calls" in page
    assert table(PLAYED).splitlines()[-1] in page
    assert "Not played yet." in page


def test_the_page_counts_the_requests(tmp_path: Path) -> None:
    sent = [requests.Sent("a promotion", "new", answered=98, lost=2, unresolved=1, seconds=9.7)]
    requests.save(tmp_path / "requests.jsonl", sent)
    page = render(tmp_path)
    assert "| a promotion | new | 100 | 2 | 1 | 10 |" in page.splitlines()
    assert "Sent: 100, lost: 2." in page
    assert "Not counted yet." in render(tmp_path / "nowhere")
