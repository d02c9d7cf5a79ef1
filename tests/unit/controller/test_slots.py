"""Each namespace has its share of the slots: what one takes, and who is next."""

from collections import Counter

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.controller.rules.slots import Slots, Urgency

NOW = 59.0


def waiting(slots: Slots, **monitors: int) -> Slots:
    """Have so many monitors of each namespace wait, those of the first longest."""
    for due, (namespace, count) in enumerate(monitors.items()):
        for number in range(count):
            slots.wait(Ref(namespace, f"m{number}"), due, Urgency.QUIET)
    return slots


def given(slots: Slots) -> Counter[str]:
    """Take all that can be had; return how many each namespace has."""
    taken: Counter[str] = Counter()
    while ref := slots.take(NOW):
        taken[ref.namespace] += 1
    return taken


SHARES: dict[str, tuple[int, dict[str, int], dict[str, int]]] = {
    "one alone has half": (16, {"a": 200}, {"a": 8}),
    "two leave as much as each has": (16, {"a": 200, "b": 200}, {"a": 6, "b": 5}),
    "few beside many": (16, {"a": 200, "b": 2, "c": 1}, {"a": 7, "b": 2, "c": 1}),
    "each of many has one": (16, {f"n{number}": 9 for number in range(20)}, {f"n{number}": 1 for number in range(16)}),
    "as many as there are slots for": (16, {"a": 3, "b": 4}, {"a": 3, "b": 4}),
    "one slot": (1, {"a": 2, "b": 2}, {"a": 1}),
    "two slots": (2, {"a": 2, "b": 2}, {"a": 1, "b": 1}),
}


@pytest.mark.parametrize("name", SHARES)
def test_how_many_each_namespace_takes(name: str) -> None:
    count, monitors, want = SHARES[name]
    assert given(waiting(Slots(count), **monitors)) == want


@pytest.mark.parametrize("strangers", range(1, 16))
def test_who_holds_none_has_one_at_once_however_many_wait(strangers: int) -> None:
    slots = waiting(Slots(16), **{f"stranger-{number}": 200 for number in range(strangers)})
    given(slots)
    slots.wait(Ref("shop", "reviews"), 59, Urgency.QUIET)
    assert slots.take(NOW) == Ref("shop", "reviews")


def test_those_of_a_namespace_come_in_the_order_in_which_they_were_due() -> None:
    slots = Slots(1)
    for name, due in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        slots.wait(Ref("shop", name), due, Urgency.QUIET)
    order = []
    while ref := slots.take(NOW):
        order.append(ref.name)
        slots.release(ref.namespace)
    assert order == ["a", "b", "c"]


def test_who_holds_fewest_is_next_and_among_those_who_waited_longest() -> None:
    slots = waiting(Slots(8), a=3, b=3, c=3)
    order = [ref.namespace if (ref := slots.take(NOW)) else "" for _ in range(7)]
    assert order == ["a", "b", "c", "a", "b", "c", ""]
    slots.release("b")
    slots.release("b")
    following = slots.take(NOW)
    assert following is not None
    assert following.namespace == "b"


def test_a_released_slot_is_free_for_all() -> None:
    slots = waiting(Slots(1), a=1, b=1)
    assert slots.take(NOW) == Ref("a", "m0")
    assert slots.take(NOW) is None
    slots.release("a")
    assert slots.take(NOW) == Ref("b", "m0")
