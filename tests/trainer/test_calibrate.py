"""The threshold from a history. Labels are drawn here: what is tested is how well their accuracy is told apart."""

import csv
import http.server
import json
import random
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from refit_calibrate.__main__ import main
from refit_calibrate.choose import MONTH, Plan, choose
from refit_calibrate.history import Block, Label, cut, read_csv
from refit_calibrate.probabilities import Prior, Rule, breach_probability, fit_prior, readings_until
from refit_trainer.contract.errors import BadInput

MANY = 10_000_000
PLAN = Plan(Rule(3, 5), interval=600, labels=200)


@pytest.mark.parametrize(
    ("rule", "expected"), [(Rule(1, 1), 1 / 0.2), (Rule(2, 2), 1.2 / 0.04), (Rule(3, 3), (1 + 0.2 + 0.04) / 0.008)]
)
def test_the_mean_wait_for_m_of_m_is_the_known_one(rule: Rule, expected: float) -> None:
    assert readings_until(np.array([0.2]), rule)[0] == pytest.approx(expected)


def test_m_of_n_agrees_with_counting() -> None:
    random.seed(1)
    waits = []
    for _ in range(4000):
        outcomes: list[bool] = []
        while sum(outcomes[-5:]) < 3:
            outcomes.append(random.random() < 0.3)
        waits.append(len(outcomes))
    assert readings_until(np.array([0.3]), Rule(3, 5))[0] == pytest.approx(np.mean(waits), rel=0.05)


@pytest.mark.parametrize("chance", [0.0, 1e-12, 1e-7, 1e-5])
def test_what_never_breaches_is_never_waited_for(chance: float) -> None:
    assert readings_until(np.array([chance]), Rule(3, 5))[0] == np.inf


def _chance(block: Block, labels: int, threshold: float) -> float:
    return float(breach_probability(block, Prior(), labels, np.array([threshold]))[0])


def test_blocks_that_differ_by_chance_are_one() -> None:
    blocks = cut(history([(0.8, False)] * 10, 300), 10)
    alike, apart = fit_prior(blocks), fit_prior([Block(0, 300, 270), Block(1, 300, 180), Block(2, 300, 240)])
    assert alike.right + alike.wrong > 300
    assert apart.right + apart.wrong < 30


def test_the_threshold_itself_is_good() -> None:
    block = Block(0, MANY, MANY)
    assert _chance(block, 10, 1.0) < 1e-5 < 0.99 < _chance(block, 10, 1.01)


def test_false_runs_agree_with_the_simulation() -> None:
    """docs/concepts/false-alarms.md: threshold 0.85, accuracy 0.87, 200 labels, 3 of 5, a cooldown of an hour: 66."""
    chance = _chance(Block(0, MANY, round(0.87 * MANY)), 200, 0.85)
    readings = readings_until(np.array([chance]), Rule(3, 5))[0]
    assert MONTH / (readings * 600 + 3600) == pytest.approx(66, rel=0.1)


def history(shares: list[tuple[float, bool]], labels: int = 1500, seed: int = 3) -> list[Label]:
    draw = random.Random(seed)
    return [
        Label(time, draw.random() < share, is_drifted)
        for time, (share, is_drifted) in enumerate(pair for pair in shares for _ in range(labels))
    ]


def test_it_lies_between_good_and_drifted() -> None:
    blocks = cut(history([(0.85, False)] * 8 + [(0.72, True)] * 4), 12)
    choice = choose(blocks, PLAN)
    assert 0.72 < choice.range[0] <= choice.threshold <= choice.range[1] < 0.85
    assert choice.false_a_month < 0.5 and choice.lag < 3600


def test_what_errors_cost_moves_it() -> None:
    blocks = cut(history([(0.85, False)] * 8 + [(0.78, True)] * 4), 12)
    careful = choose(blocks, Plan(Rule(3, 5), interval=600, labels=200, hour_cost=100))
    thrifty = choose(blocks, Plan(Rule(3, 5), interval=600, labels=200, false_cost=100))
    assert thrifty.threshold < careful.threshold
    assert thrifty.false_a_month < careful.false_a_month and thrifty.lag > careful.lag


def test_blocks_never_mix_before_and_after() -> None:
    blocks = cut(history([(0.9, False), (0.6, True), (0.9, False)], labels=100), 7)
    assert [block.is_drifted for block in blocks] == [False, False, True, True, False, False]
    assert sum(block.labels for block in blocks) == 300


def test_too_short_a_history() -> None:
    with pytest.raises(BadInput, match="2 blocks before any drift; there must be three"):
        choose([Block(0, 100, 90), Block(1, 100, 90), Block(2, 100, 70, is_drifted=True)], PLAN)


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = history([(0.85, False)] * 8 + [(0.7, True)] * 4, labels=300)
    rows: list[dict[str, object]] = [
        {"time": label.time * 3, "label": "a", "predicted": "ab"[not label.is_right], "drifted": int(label.is_drifted)}
        for label in labels
    ]
    path, picture = write(tmp_path / "labels.csv", rows), tmp_path / "choice.png"
    assert main([str(path), "--rule", "3/5", "--picture", str(picture)]) == 0
    told = capsys.readouterr()
    threshold = float(re.findall(r"threshold: ([\d.]+)", told.out)[0])
    assert 0.7 < threshold < 0.85 and "200 labels a reading" in told.out and "outOf: 5" in told.out and not told.err
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 20_000


def test_a_drift_below_the_scatter_is_doubted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, object]] = [
        {"time": n, "correct": int(label.is_right)} for n, label in enumerate(history([(0.85, False)] * 12, 300))
    ]
    assert main([str(write(tmp_path / "labels.csv", rows)), "--rule", "3/5", "--labels", "15", "--drop", "0.01"]) == 0
    assert "take more labels a reading" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"time": "soon", "correct": 1}, "labels.csv:2: time is 'soon', not a time"),
        ({"time": 1, "correct": "maybe"}, "labels.csv:2: correct is 'maybe', neither 1 nor 0"),
        ({"time": 1, "right": 1}, "the columns are right, time; it needs time and correct, or time, label and"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: dict[str, object], message: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_csv(write(tmp_path / "labels.csv", [row]))
    assert message in str(refused.value)


@pytest.fixture
def prometheus() -> Iterator[str]:
    """Stands in for a server with a month of history, which a real one couldn't have by now."""

    class Reply(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            draw, start, step = random.Random(5), float(asked["start"]), float(asked["step"])
            count = int((float(asked["end"]) - start) / step)
            values = [[start + n * step, str(sum(draw.random() < 0.9 for _ in range(200)) / 200)] for n in range(count)]
            result = [{"metric": {}, "values": values}] * (2 if asked["query"] == "two" else 1)
            body = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Reply)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def test_a_history_from_prometheus(prometheus: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--prometheus", prometheus, "--labels", "200", "--days", "5"]
    assert main([*asked, "--query", "accuracy"]) == 0
    assert 0.82 < float(re.findall(r"threshold: ([\d.]+)", capsys.readouterr().out)[0]) < 0.9
    assert main([*asked, "--query", "two"]) == 64
    assert "query='two' gives 2 series, not one" in capsys.readouterr().err
