"""What is recorded of monitors and runs during real work, and its table in docs/how-to/gitops.md."""

from dataclasses import replace
from pathlib import Path

from tests.faults.invariants import Document, Seen
from tests.gitops.page import BEGIN, END, KEPT, PAGE, render, table
from tests.gitops.recorded import main, named, unseen
from tests.gitops.situations import MONITOR, RUN, Situation, keep, parse, recorded, situation_of, violations
from tests.support.gitops import MONITORS, UNDER_WAY, created, ended
from tests.support.kstatus import Status, kstatus
from tests.support.samples import monitor_document
from tests.support.watched import in_order

WELL, TRAINING, NO_TARGET, NO_QUERY = (
    MONITORS[name] for name in ("a good reading", "a run under way", "no Deployment", "a query that doesn't parse")
)
RUNS = [UNDER_WAY["just made"], UNDER_WAY["training"], ended("Promoted")]
SEEN = in_order([created(), NO_TARGET, WELL, TRAINING, *RUNS, WELL])
FOUND = recorded("make demo", SEEN)


def rebuilt(situation: Situation) -> Document:
    """Return an object that is in that situation."""
    said = [one.replace("=", " ").split() for one in situation.conditions]
    conditions = [dict(zip(("type", "status", "reason"), one, strict=True)) for one in said]
    meta = {"generation": 1} | ({"deletionTimestamp": "then"} if situation.kstatus is Status.TERMINATING else {})
    read = {"observedGeneration": int(situation.is_read)} if situation.kind == MONITOR else {}
    return {"kind": situation.kind, "metadata": meta, "status": {"conditions": conditions, **read}}


def test_each_version_is_counted_once() -> None:
    assert (FOUND.monitors, FOUND.runs, sum(FOUND.versions.values())) == (1, 1, len(SEEN))
    assert FOUND.versions[situation_of(WELL)] == 2
    assert recorded("make demo", [*SEEN, *SEEN, Seen("DELETED", SEEN[0].object)]) == FOUND


def test_what_the_same_command_led_to_before_is_replaced(tmp_path: Path) -> None:
    other, again = replace(FOUND, command="make test"), replace(FOUND, monitors=7, versions={})
    for found in (FOUND, other, again):
        keep(tmp_path / "kept", found)
    assert parse((tmp_path / "kept").read_text()) == [other, again]


def test_a_row_for_each_situation_in_the_pages_words() -> None:
    going = WELL | {"metadata": WELL["metadata"] | {"deletionTimestamp": "2026-11-30T12:00:00Z"}}
    found = recorded("make demo", in_order([*RUNS, created(), NO_TARGET, NO_QUERY, WELL, TRAINING, WELL, going]))
    assert table([found]).splitlines()[2:] == [
        "| ModelMonitor | its spec isn't read yet | `InProgress` | 1 |",
        "| ModelMonitor | `NotReady`, `Ready=False`, `TargetMissing` | `InProgress` | 1 |",
        "| ModelMonitor | `NotReady`, `Ready=False`, `QueryRefused` | `Failed` | 1 |",
        "| ModelMonitor | `Monitoring` | `Current` | 2 |",
        "| ModelMonitor | `Training` | `Current` | 1 |",
        "| ModelMonitor | being deleted | `Terminating` | 1 |",
        "| RetrainRun | just made | `Current` | 1 |",
        "| RetrainRun | `Training` | `Current` | 1 |",
        "| RetrainRun | `Finished`, `Promoted` | `Current` | 1 |",
    ]
    assert table([found, found]).splitlines()[5] == "| ModelMonitor | `Monitoring` | `Current` | 4 |"


def test_a_violation_is_found_and_what_others_do_is_none() -> None:
    conditions = [{"type": "Reconciling", "status": "True", "reason": "RunActive"}, *TRAINING["status"]["conditions"]]
    waits = TRAINING | {"status": TRAINING["status"] | {"conditions": conditions}}
    assert violations(SEEN) == []
    assert violations(in_order([WELL, NO_TARGET, WELL])) == []
    first, second = violations(in_order([WELL, waits]))
    assert "InProgress, by the documentation Current" in first and "it was Current at this generation" in second


def test_what_wasnt_seen_isnt_known() -> None:
    assert unseen(FOUND) == []
    assert unseen(replace(FOUND, monitors=0, runs=0)) == [
        "no monitor was seen, so that nothing is known",
        "no run was seen, so that nothing is known",
    ]


def test_a_command_is_named_without_the_place_of_its_program() -> None:
    assert named(["/opt/venv/bin/python3.11", "-m", "demo"]) == "python -m demo"
    assert named(["make", "demo"]) == "make demo"


def test_without_a_command_it_says_how_it_is_called() -> None:
    assert main(["--into", "file"]) == 2


def test_the_page_keeps_what_is_around_the_table() -> None:
    page = f"before\n{BEGIN}old\n{END}after\n"
    lines = render(page, [FOUND, replace(FOUND, command="make test")]).splitlines()
    assert lines[0] == "before" and lines[-2:] == [END.strip(), "after"]
    assert [line for line in lines if line.startswith("- ")] == [
        "- `make demo`: 8 versions, monitors: 1, runs: 1",
        "- `make test`: 8 versions, monitors: 1, runs: 1",
    ]


def test_the_page_shows_what_was_recorded() -> None:
    page = PAGE.read_text()
    assert BEGIN in page and page == render(page, parse(KEPT.read_text()))


def test_what_was_recorded_is_what_kstatus_says() -> None:
    kept = [situation for one in parse(KEPT.read_text()) for situation in one.versions]
    assert {situation.kind for situation in kept} == {MONITOR, RUN}
    assert [situation for situation in kept if kstatus(rebuilt(situation)) is not situation.kstatus] == []
    assert kstatus(rebuilt(situation_of(monitor_document() | {"status": {}}))) is Status.IN_PROGRESS
