import json
from pathlib import Path

import pytest

from refit_trainer.answer import LIMIT, write_error, write_report


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


@pytest.mark.parametrize("text", ["x" * 10_000, "ü" * 10_000, '"\n' * 10_000, "\ud800" * 5000])
def test_a_long_error_is_cut(log: Path, text: str) -> None:
    write_error(text)
    assert len(log.read_bytes()) <= LIMIT
    assert len(json.loads(log.read_bytes())["error"]) > 100


def test_no_place_for_the_answer_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFIT_TERMINATION_LOG", "/nowhere/log")
    write_report({"rows": 1})
