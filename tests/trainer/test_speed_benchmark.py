"""The comparisons of speed, played once and small: both sides run, and give the same answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import play_speed
from benchmarks.bench_speed import NAMES, render
from benchmarks.play_speed import DOMAINS, PAIRS, play

SMALL = {"BATCHES": 2, "RECORDINGS": 8, "TOKENIZED": 200}


@pytest.fixture
def data(tmp_path: Path, tiny: Path, sentences: list[dict[str, Any]]) -> Path:
    """A folder as the prepared one, with a tiny model."""
    for domain in DOMAINS:
        (tmp_path / f"{domain}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in sentences[:100]))
    (tmp_path / "minilm").symlink_to(tiny)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_each_comparison_is_measured(name: str, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for constant, value in SMALL.items():
        monkeypatch.setattr(play_speed, constant, value)
    record = play(name, data, rounds=2)
    assert set(PAIRS) == set(NAMES) and record["name"] == name
    assert len(record["before"]) == len(record["after"]) == 2 and min(record["before"] + record["after"]) > 0
    assert f"| {name} |" in render([record])


def test_texts_are_answered_alike_before_and_after(data: Path) -> None:
    before, after = (run() for run in play_speed.one_text(data))
    assert before == after and len(before) == 100
