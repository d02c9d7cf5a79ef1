"""When the operator is killed in a mass of breaches, and what is said of each kill."""

from typing import Any

from tests.faults.crowd import ending, split
from tests.faults.mass import KILLS, kills, told
from tests.faults.record import Record
from tests.faults.report import NEVER

SPACE = "/apis/refit.dev/v1alpha1/namespaces/shop"


def played(*calls: str, killed: tuple[str, ...]) -> Record:
    """Return the record of an operator that made these calls, one a second, and was killed at some."""
    record = Record("shop", "s3cr3t")
    for second, resource in enumerate(calls):
        call = record.note("POST", f"{SPACE}/{resource}", b"{}")
        assert call
        call.came = float(second)
        if call.name in killed:
            record.fall(call)
        record.answered(call, 201)
    return record


def test_the_moments_of_a_thousand_breaches() -> None:
    assert [kill.fault.at for kill in kills(1000)] == [f"POST jobs#{number}" for number in (1, 100, 500, 700, 900)]
    assert [kill.fault.mode for kill in kills(1000)].count("kill-before") == 1
    assert len({(kill.mode, kill.at) for kill in KILLS}) == len(KILLS)
    assert {kill.most for kill in KILLS} == {0, 50}


def test_each_kill_says_what_there_was_and_the_last_how_it_ended() -> None:
    first, tenth, *_, last = kills(20)
    record = played("retrainruns", "jobs", "retrainruns", "jobs", killed=("POST jobs#1", "POST jobs#2"))
    found = told((first, tenth, last), record, "20 Jobs in the end", ["M1: two runs"])
    assert [one.led_to for one in found] == [
        "killed with 1 runs and 1 Jobs",
        "killed with 2 runs and 2 Jobs; 20 Jobs in the end",
        NEVER,
    ]
    assert [one.problems for one in found] == [(), ("M1: two runs",), ()]


def test_what_is_violated_is_said_also_where_no_kill_came() -> None:
    (found,) = told(kills(20)[:1], Record("shop", "s3cr3t"), "no Jobs in the end", ["M1: no run"])
    assert found.problems == ("M1: no run",)


def test_healthy_monitors_are_spread_among_the_others() -> None:
    names = [("shop", f"m{number}") for number in range(20)]
    breached, healthy = split(names, 4)
    assert sorted(healthy) == [("shop", name) for name in ("m0", "m10", "m15", "m5")]
    assert breached | healthy == {*names} and len(breached) == 16


def test_a_job_that_is_ended_has_failed_for_good() -> None:
    method, path, body = ending({"metadata": {"namespace": "shop", "name": "m1-1"}})
    conditions: list[dict[str, Any]] = body["status"]["conditions"]
    assert (method, path) == ("PATCH", "/apis/batch/v1/namespaces/shop/jobs/m1-1/status")
    assert [(one["type"], one["status"]) for one in conditions] == [("FailureTarget", "True"), ("Failed", "True")]
