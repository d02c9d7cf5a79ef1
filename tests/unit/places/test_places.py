"""Who has a place and who is next: never more than the limits, in the order of the breaches, a fair share to each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refit_operator.api.metadata import Ref
from refit_operator.places.rules.places import Places
from refit_operator.places.rules.waiting import Limits, Place, Uncounted, Waiting, waiting
from tests.support.samples import NOW, make_run

TOTAL, OF_ONE = "REFIT_MAX_CONCURRENT_RUNS", "REFIT_MAX_CONCURRENT_RUNS_PER_NAMESPACE"


def run(name: str, at: int = 0, requested: bool = False) -> Waiting:
    """Return the run of a monitor, `namespace/name`, by a breach that was read so many seconds from now."""
    namespace, _, monitor = name.partition("/")
    time = NOW + timedelta(seconds=at)
    return Waiting(not requested, time, time, f"uid of {name}", Ref(namespace, monitor))


def counted(limits: Limits) -> Places:
    places = Places(limits)
    places.restore({}, ())
    return places


def order(places: Places, *runs: Waiting) -> list[str]:
    """Give one run after the other the place, and end it; return their monitors in that order."""
    by_monitor = {one.monitor: one for one in runs}
    given: list[str] = []
    while following := places.next_monitors():
        [monitor] = following
        given.append(str(monitor))
        assert places.ask(by_monitor[monitor]) is None
        places.keep(monitor, ())
    return given


def lined_up(*runs: Waiting) -> Places:
    """Return one place for several runs, taken by one that ends now."""
    places = counted(Limits(1))
    places.count("first", Ref("other", "first"))
    for one in runs:
        assert isinstance(places.ask(one), Place)
    places.release("first")
    return places


ORDERS: dict[str, tuple[tuple[Waiting, ...], list[str]]] = {
    "by the time of their breach": ((run("a/3", 3), run("a/1", 1), run("a/2", 2)), ["a/1", "a/2", "a/3"]),
    "a requested one before its namespace's breaches": (
        (run("a/1", 1), run("a/2", 2), run("a/asked", 3, requested=True)),
        ["a/asked", "a/1", "a/2"],
    ),
    "and not before another's": ((run("b/1", 1), run("a/asked", 3, requested=True)), ["b/1", "a/asked"]),
}


@pytest.mark.parametrize("name", ORDERS)
def test_the_order_of_runs_is(name: str) -> None:
    runs, want = ORDERS[name]
    assert order(lined_up(*runs), *runs) == want


def test_what_came_in_the_same_second_has_one_order_for_all() -> None:
    runs = [run(f"a/{number}") for number in range(5)]
    assert order(lined_up(*runs), *runs) == order(lined_up(*reversed(runs)), *runs)


def test_a_namespace_with_a_thousand_does_not_keep_one_with_a_single_run_waiting() -> None:
    places = counted(Limits(4))
    for number in range(1000):
        places.ask(run(f"many/{number}", number))
    assert places.ask(run("few/1", 2000)) == Place(1, 997, TOTAL, 4)
    places.keep(Ref("many", "0"), ())
    assert places.next_monitors() == [Ref("few", "1")]


def test_with_one_place_namespaces_take_turns() -> None:
    crowd, few = [run(f"many/{number}", number) for number in range(4)], [run("few/1", 100), run("few/2", 101)]
    assert order(lined_up(*crowd, *few), *crowd, *few) == ["many/0", "few/1", "many/1", "few/2", "many/2", "many/3"]


def test_free_places_are_shared_by_namespaces() -> None:
    places = Places(Limits(4))
    places.restore({}, [run(f"many/{number}", number) for number in range(9)] + [run("b/1", 50), run("c/1", 60)])
    assert list(map(str, places.next_monitors())) == ["many/0", "b/1", "c/1", "many/1"]


def test_one_namespace_has_no_more_than_its_limit() -> None:
    places = counted(Limits(4, 2))
    asked = {name: places.ask(run(name, at)) for at, name in enumerate(["a/0", "a/1", "a/2", "a/3", "b/0"])}
    assert asked == {
        "a/0": None,
        "a/1": None,
        "a/2": Place(1, 1, OF_ONE, 2, " of its namespace"),
        "a/3": Place(2, 2, OF_ONE, 2, " of its namespace"),
        "b/0": None,
    }


def test_a_place_in_the_queue_says_which_setting_it_is_for() -> None:
    assert Place(12, 40, TOTAL, 4).describe() == f"waits at place 12 of 40: {TOTAL} allows 4 runs at once"
    words = f"waits at place 1 of 2 of its namespace: {OF_ONE} allows 1 run at once"
    assert Place(1, 2, OF_ONE, 1, " of its namespace").describe() == words


def test_nothing_is_given_before_what_there_was_is_counted() -> None:
    places = Places(Limits(2))
    assert places.ask(run("a/2", 2)) == Uncounted()
    assert places.next_monitors() == []
    places.restore({"old": Ref("a", "0")}, [run("a/1", 1), run("a/2", 2)])
    assert places.next_monitors() == [Ref("a", "1")]
    assert places.ask(run("a/2", 2)) == Place(2, 2, TOTAL, 2)


def test_a_run_that_has_a_job_counts_though_there_was_no_place() -> None:
    places = counted(Limits(1))
    for uid in ("x", "y", "x"):
        places.count(uid, Ref("a", uid))
    assert isinstance(places.ask(run("a/1")), Place)
    places.release("x")
    assert places.next_monitors() == []
    places.release("y")
    assert places.next_monitors() == [Ref("a", "1")]


def test_a_place_that_was_given_stays_given() -> None:
    places = counted(Limits(1))
    assert [places.ask(run("a/1")) for _ in range(3)] == [None] * 3
    places.restore({}, [run("a/1"), run("a/2")])
    assert places.ask(run("a/1")) is None
    assert places.ask(run("a/2")) == Place(1, 1, TOTAL, 1)


def test_who_fails_holds_up_nobody_and_keeps_its_order() -> None:
    places = lined_up(run("a/1", 1), run("a/2", 2), run("a/3", 3))
    places.step_aside(Ref("a", "1"))
    assert places.next_monitors() == [Ref("a", "2")]
    assert places.ask(run("a/2", 2)) is None
    places.step_aside(Ref("a", "2"))
    assert places.ask(run("a/3", 3)) == Place(1, 1, TOTAL, 1), "a failure gives no place back: its Job may be there"
    assert places.ask(run("a/1", 1)) == Place(1, 2, TOTAL, 1)


def test_others_are_told_when_a_place_is_free_and_only_then() -> None:
    places, told = counted(Limits(1)), []
    places.on_change = lambda: told.append(True)
    places.ask(run("a/1"))
    places.ask(run("a/2"))
    places.keep(Ref("a", "1"), {"uid of a/1"})
    places.keep(Ref("a", "9"), ())
    assert told == []
    places.keep(Ref("a", "1"), ())
    assert told == [True]


def test_a_run_waits_by_its_trigger() -> None:
    found = waiting(make_run())
    assert (found.by_breach, found.time, found.monitor) == (True, NOW, Ref("shop", "reviews"))
    requested = {"reason": "Manual", "threshold": 0.85, "time": NOW.isoformat()}
    assert not waiting(make_run(trigger=requested)).by_breach


@dataclass
class World:
    """The API server's truth: which runs have ended, which have a Job; and the process that leads."""

    limits: Limits
    runs: dict[str, Waiting] = field(default_factory=dict)
    at_work: dict[str, Waiting] = field(default_factory=dict)
    places: Places = field(default_factory=Places)
    _numbers: Iterator[int] = field(default_factory=count)

    def breach(self, number: int) -> None:
        one = run(f"n{number % 3}/m{next(self._numbers)}", number, requested=number % 5 == 0)
        self.runs[one.uid] = one
        self.look(one)

    def look(self, one: Waiting) -> None:
        """Reconcile a run: where it has a place, it has a Job."""
        if one.uid in self.at_work:
            self.places.count(one.uid, one.monitor)
        elif self.places.ask(one) is None:
            self.at_work[one.uid] = one

    def end(self, number: int) -> None:
        if self.at_work:
            uid = sorted(self.at_work)[number % len(self.at_work)]
            monitor = self.at_work.pop(uid).monitor
            del self.runs[uid]
            self.places.keep(monitor, ())

    def any(self, number: int) -> Waiting | None:
        return self.runs[sorted(self.runs)[number % len(self.runs)]] if self.runs else None

    def restart(self) -> None:
        self.places = Places(self.limits)
        others = [one for uid, one in self.runs.items() if uid not in self.at_work]
        self.places.restore({uid: one.monitor for uid, one in self.at_work.items()}, others)

    def call(self) -> None:
        """Reconcile those whose turn it is."""
        of = {one.monitor: one for one in self.runs.values()}
        for monitor in self.places.next_monitors():
            self.look(of[monitor])

    def holds(self) -> bool:
        by_namespace = [one.monitor.namespace for one in self.at_work.values()]
        most = max(map(by_namespace.count, by_namespace), default=0)
        return len(by_namespace) <= self.limits.most and most <= self.limits.most_of_one


STEP = st.tuples(st.sampled_from(["breach", "breach", "end", "look", "fail", "restart", "call"]), st.integers(0, 30))


@given(
    limits=st.builds(Limits, st.sampled_from([0, 1, 2, 5]), st.sampled_from([0, 1, 2])),
    steps=st.lists(STEP, max_size=60),
)
def test_never_more_than_the_limits_and_in_the_end_all_had_their_turn(
    limits: Limits, steps: list[tuple[str, int]]
) -> None:
    world = World(limits)
    world.restart()
    for step, number in steps:
        chosen = world.any(number)
        if step == "breach":
            world.breach(number)
        elif step == "end":
            world.end(number)
        elif step == "look" and chosen:
            world.look(chosen)
        elif step == "fail" and chosen:
            world.places.step_aside(chosen.monitor)
        elif step == "restart":
            world.restart()
        else:
            world.call()
        assert world.holds()
    for one in tuple(world.runs.values()):
        world.look(one)
    for _ in range(len(world.runs)):
        world.call()
        assert world.holds()
        world.end(0)
    assert not world.runs


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.booleans()), min_size=1, max_size=25))
def test_the_places_that_are_shown_are_the_order_in_which_runs_start(runs: list[tuple[int, int, bool]]) -> None:
    made = [run(f"n{space}/m{number}", at, asked) for number, (space, at, asked) in enumerate(runs)]
    places = counted(Limits(1))
    places.count("first", Ref("other", "first"))
    for one in made:
        places.ask(one)
    shown = {one.monitor: places.ask(one) for one in made}
    numbers = {place.number: str(monitor) for monitor, place in shown.items() if isinstance(place, Place)}
    places.release("first")
    assert order(places, *made) == [numbers[number] for number in range(1, len(made) + 1)]
