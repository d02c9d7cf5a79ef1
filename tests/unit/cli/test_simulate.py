"""simulate: readings of before, put on the monitor's grid and played through the operator's decision."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from refit_cli.__main__ import app
from refit_cli.exits import Failed
from refit_cli.metric import DEFAULT_INTERVAL, interval_of
from refit_cli.prometheus import MOST_POINTS, ask_range
from refit_cli.simulate.fetch import fetch
from refit_cli.simulate.play import Played, at_work, ideal_target, play
from refit_cli.simulate.rows import on_grid, read_rows
from refit_cli.simulate.sweep import parse_sweep
from refit_operator.api.monitor import ModelMonitor
from refit_operator.monitor.rules.readiness import target_not_wired
from refit_operator.prometheus.reader import DEFAULT_INTERVAL as OPERATORS_INTERVAL
from refit_operator.prometheus.rules.reading import Counts, NoData, Value
from tests.support.monitors import BAD, GOOD, INTERVAL, seen
from tests.support.samples import NOW, in_buckets, make_monitor, monitor_document

HOUR = timedelta(hours=1)
RATIO = {"query": None, "ratio": {"good": "right_total", "total": "judged_total"}, "window": "5m"}


def window(*values: float | None) -> tuple[Any, ...]:
    times = [NOW + INTERVAL * number for number in range(len(values))]
    return tuple(NoData(t) if value is None else Value(value, t) for value, t in zip(values, times, strict=True))


def counted(**metric: Any) -> ModelMonitor:
    document = monitor_document(metric=RATIO | metric)
    document["spec"]["metric"].pop("query")
    return ModelMonitor.model_validate(document)


def outcomes(*shares: float, each: int = 100) -> tuple[Any, ...]:
    return tuple(
        Value(share, NOW + number * timedelta(minutes=5), Counts(round(share * each), each))
        for number, share in enumerate(shares)
    )


def minutes(played: Played) -> list[float]:
    return [(run.time - NOW) / timedelta(minutes=1) for run in played.runs]


def test_a_breach_starts_a_run_at_its_third_reading() -> None:
    played = play(make_monitor(), window(GOOD, GOOD, BAD, BAD, BAD, GOOD), HOUR)
    assert minutes(played) == [40]
    assert played.held == {"Within": 2}


def test_nothing_starts_without_a_breach() -> None:
    played = play(make_monitor(), window(*[GOOD] * 20, None, *[GOOD] * 20), HOUR)
    assert (played.runs, played.breached) == ([], 0)


def test_runs_that_change_nothing_are_followed_by_a_cooldown_and_by_giving_up() -> None:
    played = play(make_monitor(policy={"maxRuns": {"count": 9}}), window(*[BAD] * 200), timedelta(minutes=30))
    assert len(played.runs) == 3
    assert played.held["GaveUp"] > 100 and played.held["CoolingDown"] > 0 and played.held["RunActive"] > 0


def test_a_recovery_between_two_breaches_counts_the_runs_anew() -> None:
    one = [*[GOOD] * 6, *[BAD] * 6]
    played = play(make_monitor(policy={"giveUpAfter": 1, "maxRuns": {"count": 9}}), window(*one * 4), INTERVAL)
    assert len(played.runs) == 4


def test_the_budget_holds() -> None:
    monitor = make_monitor(policy={"giveUpAfter": 9, "maxRuns": {"count": 2, "per": "24h"}})
    played = play(monitor, window(*[BAD] * 100), INTERVAL)
    assert len(played.runs) == 2 and played.held["BudgetSpent"] > 0


def test_outcomes_are_weighed_as_evidence() -> None:
    quiet = play(counted(), outcomes(*[0.86] * 60), HOUR)
    fallen = play(counted(), outcomes(*[0.9] * 30, *[0.7] * 20), HOUR)
    assert quiet.runs == []
    assert len(fallen.runs) == 1 and "evidence" in fallen.runs[0].message


def test_what_stands_in_the_way_now_is_not_played() -> None:
    monitor = make_monitor(suspend=True, mode="Observe", guards=[{"name": "up", "query": "min(up)", "atLeast": 1}])
    assert len(play(monitor, window(BAD, BAD, BAD), HOUR).runs) == 1


@pytest.mark.parametrize("monitor", [make_monitor(), in_buckets("s3://held/rows")])
def test_the_target_that_is_played_takes_any_candidate(monitor: ModelMonitor) -> None:
    assert target_not_wired(seen(monitor=at_work(monitor, NOW), target=ideal_target(monitor))) is None


def test_a_query_without_a_range_is_read_as_often_as_by_the_operator() -> None:
    assert interval_of(make_monitor(metric={"query": "min(up)"}).spec.metric) == OPERATORS_INTERVAL == DEFAULT_INTERVAL


def csv(header: str, *lines: str) -> str:
    return "\n".join([header, *lines])


def at(minute: int) -> str:
    return (NOW + timedelta(minutes=minute)).isoformat()


def test_rows_are_readings_and_gaps_are_no_data() -> None:
    text = csv("time,value", f"{at(0)},0.9", f"{at(10)},", f"{at(30)},0.8", f"{at(40)},NaN")
    found = on_grid(read_rows(text, make_monitor().spec.metric), make_monitor().spec.metric)
    assert [type(reading).__name__ for reading in found] == ["Value", "NoData", "NoData", "Value", "NotANumber"]
    assert [reading.time for reading in found] == [NOW + INTERVAL * n for n in range(5)]


def test_rows_of_counts_are_added_up() -> None:
    lines = [f"{(NOW + timedelta(minutes=n)).timestamp()},{9},{10}" for n in range(10)]
    metric = counted().spec.metric
    found = on_grid(read_rows(csv("time,good,total", *lines), metric), metric)
    assert found == (
        Value(0.9, NOW + timedelta(minutes=4), Counts(45, 50)),
        Value(0.9, NOW + timedelta(minutes=9), Counts(45, 50)),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (csv("time,good", f"{at(0)},1"), "no column value"),
        (csv("time,value", f"{at(0)},1"), "fewer than two rows"),
        (csv("time,value", f"{at(0)},1", "yesterday,1"), "line 3 of the CSV"),
        (
            csv("time,value", f"{at(0)},1", f"{at(7)},1", f"{at(14)},1"),
            "rows are 7m apart, and the monitor reads every 10m",
        ),
        (csv("time,value", f"{at(0)},1", f"{at(60)},1"), "rows are 1h apart"),
    ],
)
def test_a_csv_that_does_not_fit_says_what_is_wrong(text: str, words: str) -> None:
    metric = make_monitor().spec.metric
    with pytest.raises(Failed, match=words):
        on_grid(read_rows(text, metric), metric)


@pytest.mark.parametrize(
    ("text", "path", "values"),
    [
        ("threshold=0.8:0.9:0.05", "spec.metric.threshold", (0.8, 0.85, 0.9)),
        ("cooldown=1h,2h", "spec.policy.cooldown", ("1h", "2h")),
        ("breaches.count=2,3", "spec.metric.breaches.count", (2, 3)),
        ("spec.metric.direction=Above", "spec.metric.direction", ("Above",)),
    ],
)
def test_a_sweep_finds_its_field(text: str, path: str, values: tuple[Any, ...]) -> None:
    found = parse_sweep(text)
    assert (found.field, found.values) == (path, values)


@pytest.mark.parametrize(
    "text", ["threshold", "threshold=", "nothing=1", "threshold=1:0:1", "threshold=0:1:0", "threshold=0:1:0.001"]
)
def test_a_sweep_that_leads_nowhere_is_refused(text: str) -> None:
    with pytest.raises(Failed, match="--sweep"):
        parse_sweep(text)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["simulate", *words], env={"COLUMNS": "160"})
    return result.exit_code, result.output or str(result.exception)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    limits = {"limits": {"nvidia.com/gpu": 2, "cpu": 4}}
    (tmp_path / "monitor.yaml").write_text(yaml.safe_dump(monitor_document(training={"resources": limits})))
    values = [0.9] * 12 + [0.82] * 11
    lines = [f"{at(10 * n)},{value}" for n, value in enumerate(values)]
    (tmp_path / "readings.csv").write_text(csv("time,value", *lines))
    return str(tmp_path / "monitor.yaml"), str(tmp_path / "readings.csv")


def test_the_command_counts_runs_and_gpu_hours(files: tuple[str, str]) -> None:
    code, out = run(files[0], "--csv", files[1], "-o", "json", "--run-takes", "30m")
    answer = json.loads(out)
    assert code == 0 and len(answer["runs"]) == 1 and answer["gpuHours"] == 1.0
    assert (answer["readings"], answer["values"], answer["breached"]) == (23, 23, 11)


def test_a_sweep_is_a_line_for_each_value(files: tuple[str, str]) -> None:
    code, out = run(files[0], "--csv", files[1], "--sweep", "threshold=0.8,0.85")
    lines = [line.split() for line in out.splitlines()]
    assert code == 0 and lines[0][:2] == ["THRESHOLD", "RUNS"]
    assert [line[:3] for line in lines[1:3]] == [["0.8", "0", "0.0"], ["0.85", "1", "2.0"]]


def test_a_value_that_breaks_a_rule_is_refused(files: tuple[str, str]) -> None:
    _, out = run(files[0], "--csv", files[1], "--sweep", "breaches.count=9")
    assert "count must not exceed outOf" in out


def test_a_long_range_is_asked_in_stretches() -> None:
    asked = list[dict[str, str]]()

    def get(path: str, query: dict[str, str]) -> bytes:
        asked.append(query)
        return json.dumps({"data": {"result": []}}).encode()

    times = [NOW + n * INTERVAL for n in range(MOST_POINTS + 1)]
    assert [len(each.times) for each in ask_range(get, "up", times, INTERVAL)] == [MOST_POINTS, 1]
    assert asked[1]["start"] == asked[1]["end"]


def test_readings_of_a_ratio_are_asked_as_the_operator_asks_them() -> None:
    def get(path: str, query: dict[str, str]) -> bytes:
        assert query["query"].startswith("label_replace(sum(increase(right_total[5m])")
        parts = (("good", "45"), ("total", "50"))
        series = [{"metric": {"refit_part": part}, "values": [[NOW.timestamp(), count]]} for part, count in parts]
        return json.dumps({"data": {"result": series}}).encode()

    found = fetch(get, counted(), timedelta(minutes=10), NOW)
    assert found[0] == NoData(NOW - timedelta(minutes=5)) and found[1] == Value(0.9, NOW, Counts(45, 50))


def test_a_digest_has_to_be_given() -> None:
    monitor = make_monitor(metric={"query": 'sum(ok{digest="$(digest)"})'})
    with pytest.raises(Failed, match="--digest"):
        fetch(lambda path, query: b"", monitor, HOUR, NOW)
