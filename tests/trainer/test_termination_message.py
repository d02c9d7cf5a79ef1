import json
from pathlib import Path

import pytest

from refit_trainer.contract.constants import TERMINATION_MESSAGE_BYTES as LIMIT
from refit_trainer.contract.termination_message import clear_message, write_error, write_report
from tests.support.trainer.commands import ROOT


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REFIT_TERMINATION_LOG", str(tmp_path / "log"))
    return tmp_path / "log"


def test_the_worst_slices_are_kept(log: Path) -> None:
    slices = {f"domain-{n:03}": {"candidate": n / 1000, "served": 0.9, "rows": 10} for n in range(300)}
    write_report({"candidate": {"metrics": {}}, "slices": slices, "rows": 3000})
    report = json.loads(log.read_bytes())
    assert LIMIT - 100 < len(log.read_bytes()) <= LIMIT
    assert report["rows"] == 3000 and next(iter(report["slices"])) == "domain-000" and len(report["slices"]) > 50


@pytest.mark.parametrize(
    "name",
    [
        "{}",
        "domain-{}-" + "x" * 500,
        "{}-" + "ü" * 300,
        "{}-" + "🚲" * 100,
        '"\\\n{}' * 20,
        "\ud800{}" * 50,
        "x" * 500 + "{}",
    ],
    ids=["short", "long", "two bytes", "four bytes", "escaped", "surrogates", "the same beginning"],
)
@pytest.mark.parametrize("count", [1, 20, 700])
def test_whatever_the_slices_are_called_the_worst_are_there(log: Path, name: str, count: int) -> None:
    slices = {name.replace("{}", str(n)): {"candidate": n / 1000, "served": 0.9, "rows": 40} for n in range(count)}
    write_report({"candidate": {"metrics": {"accuracy": 0.8}}, "slices": slices, "rows": 3000})
    assert len(log.read_bytes()) <= LIMIT
    report = json.loads(log.read_bytes().decode())
    values = [part["candidate"] for part in report["slices"].values()]
    assert report["rows"] == 3000 and values == [n / 1000 for n in range(len(values))]
    assert len(values) == count or len(values) >= 20


def test_bounds_leave_room_for_twenty_slices(log: Path) -> None:
    report = json.loads((ROOT / "tests/contract/judge-report.json").read_text())
    part = report["slices"].pop("tweets")
    report["slices"] = {f"domain-{n:03}": part for n in range(100)}
    write_report(report | {"sliceCount": 100})
    written = json.loads(log.read_bytes())
    assert len(log.read_bytes()) <= LIMIT and 20 <= len(written["slices"]) < written["sliceCount"] == 100
    assert written["difference"] == report["difference"] and written["slices"]["domain-000"] == part


def test_one_enormous_name_hides_no_other_slice(log: Path) -> None:
    slices = {"x" * 9000: {"candidate": 0.1, "rows": 40}} | {f"s{n}": {"candidate": 0.5, "rows": 40} for n in range(9)}
    write_report({"slices": slices})
    report = json.loads(log.read_bytes())
    assert len(report["slices"]) == 10 and next(iter(report["slices"].values()))["candidate"] == 0.1


def test_metrics_that_are_no_numbers_are_left_out(log: Path) -> None:
    metrics = {"accuracy": 0.8, "loss": float("nan"), "wer": float("inf")}
    write_report({"metrics": metrics, "candidate": {"metrics": metrics}})
    assert json.loads(log.read_bytes(), parse_constant=pytest.fail) == {
        "metrics": {"accuracy": 0.8},
        "candidate": {"metrics": {"accuracy": 0.8}},
    }


def test_hundreds_of_metrics_leave_the_first(log: Path) -> None:
    metrics = {"accuracy": 0.8} | {f"recall of class {n}": 0.5 for n in range(500)}
    write_report({"candidate": {"metrics": metrics}, "served": {"metrics": metrics}, "slices": {}, "rows": 9})
    report = json.loads(log.read_bytes())
    assert LIMIT - 100 < len(log.read_bytes()) <= LIMIT and report["rows"] == 9
    assert report["candidate"]["metrics"]["accuracy"] == report["served"]["metrics"]["accuracy"] == 0.8


@pytest.mark.parametrize("text", ["x" * 10_000, "ü" * 10_000, '"\n' * 10_000, "\ud800" * 5000])
def test_a_long_error_is_cut(log: Path, text: str) -> None:
    write_error(text)
    assert len(log.read_bytes()) <= LIMIT
    assert len(json.loads(log.read_bytes())["error"]) > 100


def test_no_place_for_the_answer_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFIT_TERMINATION_LOG", "/nowhere/log")
    write_report({"rows": 1})


def test_a_worker_that_ends_with_another_keeps_its_reason(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_error("of the attempt before")
    write_error("stopped by SIGTERM", is_consequence=True)
    assert json.loads(log.read_bytes()) == {"error": "stopped by SIGTERM"}, "a process by itself has no neighbour"
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "uid-1")
    clear_message()
    write_error("batch_size=15 can't be divided")
    write_error("stopped by SIGTERM", is_consequence=True)
    assert json.loads(log.read_bytes()) == {"error": "batch_size=15 can't be divided"}
    clear_message()
    write_error("stopped by SIGTERM", is_consequence=True)
    assert json.loads(log.read_bytes()) == {"error": "stopped by SIGTERM"}
