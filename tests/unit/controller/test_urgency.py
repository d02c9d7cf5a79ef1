"""Who of a namespace comes first: by what may follow from a reconciliation, and by how long it was waited for."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refit_operator.api.metadata import Ref
from refit_operator.controller.rules.slots import PATIENCE, Slots, Urgency
from refit_operator.controller.rules.urgency import after_reconciliation, of_monitor_event, of_run_event
from tests.support.samples import make_run
from tests.support.work import steps_of

UNDER_WAY, MAY_START, QUIET = Urgency


def shop(name: str) -> Ref:
    return Ref("shop", name)


def order(slots: Slots, now: float) -> list[str]:
    """Return the names in the order in which one slot is given, each time to one of them."""
    found = []
    while ref := slots.take(now):
        found.append(ref.name)
        slots.release(ref.namespace)
    return found


def test_a_rollback_comes_before_a_breach_and_that_before_what_is_quiet() -> None:
    slots = Slots(1)
    for due, (name, urgency) in enumerate([("quiet", QUIET), ("breach", MAY_START), ("rollback", UNDER_WAY)]):
        slots.wait(shop(name), due, urgency)
    assert order(slots, 3) == ["rollback", "breach", "quiet"]


def test_of_namespaces_that_hold_as_many_the_more_urgent_is_next_and_of_others_never() -> None:
    slots = Slots(8)
    for due, (namespace, urgency) in enumerate([("a", QUIET), ("b", MAY_START), ("c", UNDER_WAY), ("c", UNDER_WAY)]):
        slots.wait(Ref(namespace, str(due)), due, urgency)
    assert [(slots.take(4) or shop("")).namespace for _ in range(4)] == ["c", "b", "a", "c"]


WAITED: dict[str, tuple[float, list[str]]] = {
    "less than a minute": (PATIENCE - 1, ["rollback", "breach", "quiet"]),
    "a minute": (PATIENCE, ["rollback", "quiet", "breach"]),
    "two": (2 * PATIENCE, ["quiet", "rollback", "breach"]),
}


@pytest.mark.parametrize("name", WAITED)
def test_what_is_quiet_becomes_more_urgent_for_each_minute_that_it_waits(name: str) -> None:
    waited, want = WAITED[name]
    slots = Slots(1)
    slots.wait(shop("quiet"), 0, QUIET)
    slots.wait(shop("breach"), waited - 0.5, MAY_START)
    slots.wait(shop("rollback"), waited - 0.5, UNDER_WAY)
    assert order(slots, waited) == want


def test_who_waits_moves_to_where_it_is_more_urgent_and_keeps_its_time_but_never_back() -> None:
    slots = Slots(1)
    slots.wait(shop("late"), 2, UNDER_WAY)
    for name in ("news", "none"):
        slots.wait(shop(name), 1, QUIET)
    slots.hasten(shop("news"), UNDER_WAY)
    slots.hasten(shop("news"), QUIET)
    slots.hasten(shop("unknown"), UNDER_WAY)
    assert order(slots, 3) == ["news", "late", "none"]


def test_who_moved_and_waits_again_doesnt_wait_where_it_was_before() -> None:
    slots = Slots(2)
    for due, name in enumerate(["first", "news"]):
        slots.wait(shop(name), due, QUIET)
    slots.hasten(shop("news"), UNDER_WAY)
    assert slots.take(2) == shop("news")
    slots.release("shop")
    for due, name in [(2, "other"), (3, "news")]:
        slots.wait(shop(name), due, QUIET)
    assert order(slots, 4) == ["first", "other", "news"]


class Plain:
    """Slots as the definition says: whoever waits is visited each time."""

    def __init__(self, count: int) -> None:
        self.free = count
        self.held: dict[str, int] = {}
        self.waiting: dict[Ref, tuple[Urgency, float, int]] = {}
        self.number = itertools.count()

    def wait(self, ref: Ref, due: float, urgency: Urgency) -> None:
        if ref not in self.waiting or urgency < self.waiting[ref][0]:
            self.waiting[ref] = urgency, due, next(self.number)

    def hasten(self, ref: Ref, urgency: Urgency) -> None:
        if ref in self.waiting:
            self.wait(ref, self.waiting[ref][1], urgency)

    def take(self, now: float) -> Ref | None:
        held = {ref: self.held.get(ref.namespace, 0) for ref in self.waiting}

        def place(ref: Ref) -> tuple[Any, ...]:
            urgency, due, number = self.waiting[ref]
            return held[ref], max(0, urgency - (now - due) // PATIENCE), due, number

        able = [ref for ref in self.waiting if held[ref] < self.free]
        if not able:
            return None
        taken = min(able, key=place)
        del self.waiting[taken]
        self.free -= 1
        self.held[taken.namespace] = held.get(taken, self.held.get(taken.namespace, 0)) + 1
        return taken

    def release(self, namespace: str) -> None:
        self.free += 1
        self.held[namespace] -= 1


REFS = st.builds(Ref, st.sampled_from("abcd"), st.sampled_from("12345"))
URGENCIES = st.sampled_from(Urgency)
STEP = st.one_of(
    st.tuples(st.just("wait"), REFS, st.integers(0, 9), URGENCIES),
    st.tuples(st.just("wait"), REFS, st.integers(0, 9), URGENCIES),
    st.tuples(st.just("hasten"), REFS, URGENCIES),
    st.tuples(st.just("take"), st.sampled_from([1.0, 10.0, 45.0])),
    st.tuples(st.just("release"), st.integers(0, 99)),
)


@given(count=st.integers(1, 9), history=st.lists(STEP, max_size=60))
def test_after_every_history_next_is_who_the_definition_says_and_who_waited_long_is_overtaken_by_nobody(
    count: int, history: list[tuple[Any, ...]]
) -> None:
    slots, plain, now, holders = Slots(count), Plain(count), 0.0, list[str]()
    for what, *args in history:
        match what:
            case "take":
                now += args[0]
                due = {ref: due for ref, (_, due, _) in plain.waiting.items()}
                taken = slots.take(now)
                assert taken == plain.take(now)
                if taken:
                    holders.append(taken.namespace)
                    beside = [ref for ref in plain.waiting if ref.namespace == taken.namespace]
                    assert not [ref for ref in beside if due[ref] < min(due[taken], now - 2 * PATIENCE)]
            case "release":
                for namespace in holders[args[0] % len(holders) :][:1] if holders else ():
                    holders.remove(namespace)
                    slots.release(namespace)
                    plain.release(namespace)
            case "wait":
                ref, ago, urgency = args
                slots.wait(ref, now - ago, urgency)
                plain.wait(ref, now - ago, urgency)
            case "hasten":
                slots.hasten(*args)
                plain.hasten(*args)


def cost(namespaces: int, of_each: int) -> int:
    """Return the steps of one that comes, has a slot, and gives it back, beside so many that wait."""
    slots = Slots(16)
    for namespace, number in itertools.product(range(namespaces), range(of_each)):
        slots.wait(Ref(str(namespace), str(number)), number, QUIET)

    def come_and_go() -> None:
        slots.wait(Ref("0", "news"), 0, UNDER_WAY)
        taken = slots.take(1)
        assert taken
        slots.release(taken.namespace)

    return steps_of(come_and_go)


@pytest.mark.parametrize(("namespaces", "of_each"), [(400, 1), (1, 400), (20, 20)])
def test_the_work_of_giving_a_slot_doesnt_grow_with_those_that_wait(namespaces: int, of_each: int) -> None:
    assert cost(namespaces, of_each) < 1.5 * cost(2, 2)


TRAINING = {"jobRef": "reviews-1"}
EVENTS: dict[str, tuple[str, str | None, dict[str, Any], Urgency]] = {
    "a run that trains, or is promoted": ("retrainruns", "MODIFIED", {"spec": {}, "status": TRAINING}, UNDER_WAY),
    "the same in the first list": ("retrainruns", None, {"spec": {}, "status": TRAINING}, UNDER_WAY),
    "a rollback that was requested": ("retrainruns", "ADDED", {"spec": {"restorePointer": "s3://b/m"}}, UNDER_WAY),
    "a run that waits for its place": ("retrainruns", "ADDED", {"spec": {}, "status": {}}, MAY_START),
    "a run that has ended": ("retrainruns", None, {"spec": {}, "status": TRAINING | {"outcome": "Promoted"}}, QUIET),
    "a Job that goes on": ("jobs", "MODIFIED", {}, UNDER_WAY),
    "a pod that ended": ("pods", "MODIFIED", {}, UNDER_WAY),
    "a pod in the first list": ("pods", None, {}, QUIET),
    "a Job that was deleted": ("jobs", "DELETED", {}, QUIET),
}


@pytest.mark.parametrize("name", EVENTS)
def test_how_urgent_what_a_watch_shows_of_a_run_is(name: str) -> None:
    plural, type, body, want = EVENTS[name]
    assert of_run_event(plural, type, body) is want


@pytest.mark.parametrize(
    ("type", "want"), [(None, QUIET), ("ADDED", QUIET), ("MODIFIED", MAY_START), ("DELETED", QUIET)]
)
def test_who_changes_a_monitor_may_request_a_run(type: str | None, want: Urgency) -> None:
    assert of_monitor_event(type) is want


def test_after_a_reconciliation_the_most_urgent_of_its_runs_counts() -> None:
    waits, trains = make_run(), make_run(status=TRAINING)
    assert not waits.status.job_ref
    assert after_reconciliation((), may_start=False) is QUIET
    assert after_reconciliation((), may_start=True) is MAY_START
    assert after_reconciliation((waits,), may_start=False) is MAY_START
    assert after_reconciliation((waits, trains), may_start=False) is UNDER_WAY
