"""Which namespaces another operator serves, too, by its Lease, and that the log and a metric say so."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from refit_operator.__main__ import make_leadership
from refit_operator.api.metadata import Ref
from refit_operator.leadership.overlap import NAMED, Overlap
from refit_operator.leadership.rules.overlap import overlaps
from refit_operator.observability.metrics import OVERLAPPING
from refit_operator.settings import Settings

OURS, THEIRS = "refit-operator", "refit-operator-2"
NAMESPACES = ("shop", "prod-eu", "prod-us")


def lease(name: str, namespaces: str | None, renewed: int, holder: str = "pod-x") -> dict[str, Any]:
    annotations = {} if namespaces is None else {"refit.dev/namespaces": namespaces}
    spec = {"holderIdentity": holder, "renewTime": f"2026-11-29T12:00:{renewed:02}.000000Z"}
    return {"metadata": {"name": name, "annotations": annotations}, "spec": spec}


def found(then: list[dict[str, Any]], now: list[dict[str, Any]]) -> dict[str, list[str]]:
    return overlaps(OURS, NAMESPACES, {one["metadata"]["name"]: one for one in then}, now)


SERVED: dict[str, tuple[str | None, list[str]]] = {
    "the rest": ("!shop,!prod-*", []),
    "some of ours": ("prod-*,!prod-us", ["prod-eu"]),
    "all": ("", sorted(NAMESPACES)),
    "one": ("shop", ["shop"]),
    "it doesn't say, as what is no operator": (None, []),
    "what can't be meant": ("Shop", []),
}


@pytest.mark.parametrize(("text", "want"), SERVED.values(), ids=SERVED)
def test_what_another_serves_too(text: str | None, want: list[str]) -> None:
    assert found([lease(THEIRS, text, 1)], [lease(THEIRS, text, 2)]) == ({THEIRS: want} if want else {})


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ([], [lease(THEIRS, "", 2)]),
        ([lease(THEIRS, "", 2)], [lease(THEIRS, "", 2)]),
        ([lease(THEIRS, "", 1)], [lease(THEIRS, "", 2, holder="")]),
        ([lease(THEIRS, "", 1)], []),
        ([lease(OURS, "", 1)], [lease(OURS, "", 2)]),
    ],
    ids=["read for the first time", "not renewed", "let go", "gone", "our own"],
)
def test_who_doesnt_lead_serves_nothing(then: list[dict[str, Any]], now: list[dict[str, Any]]) -> None:
    assert found(then, now) == {}


class Listed:
    """A stand-in for the API server: one Lease, renewed between two lists, until nobody renews it."""

    def __init__(self, namespaces: str) -> None:
        self.namespaces, self.renewed = namespaces, 0

    async def list_leases(self, namespace: str) -> list[dict[str, Any]]:
        assert namespace == "refit-system"
        self.renewed = min(self.renewed + 1, 3)
        return [lease(THEIRS, self.namespaces, self.renewed)]


async def test_the_log_and_a_metric_say_it_for_as_long_as_it_is_so() -> None:
    listed: Any = Listed("n*")
    overlap, namespaces = Overlap(listed, Ref("refit-system", OURS)), [f"n{number:02}" for number in range(NAMED + 2)]
    seen = []
    for _ in range(4):
        with capture_logs() as lines:
            await overlap.check([*namespaces, "shop"])
        seen.append((OVERLAPPING._value.get(), [(line["lease"], line["count"]) for line in lines]))
    assert seen == [(0, []), *[(NAMED + 2, [(THEIRS, NAMED + 2)])] * 2, (0, [])]


async def test_a_line_names_a_few_of_them() -> None:
    listed: Any = Listed("")
    overlap = Overlap(listed, Ref("refit-system", OURS))
    await overlap.check(())
    with capture_logs() as lines:
        await overlap.check([f"n{number:02}" for number in range(NAMED + 2)])
    assert lines[0]["namespaces"] == [f"n{number:02}" for number in range(NAMED)]


class Stored:
    """A stand-in for the API server, which keeps the Lease that is written."""

    def __init__(self) -> None:
        self.stored: dict[str, Any] = {}

    async def read(self, *_: Any) -> None:
        return None

    async def resource(self, _: Any) -> Any:
        return self

    async def create(self, body: dict[str, Any], **_: Any) -> Any:
        self.stored = body
        return self

    def to_dict(self) -> dict[str, Any]:
        return self.stored


@pytest.mark.parametrize(
    ("settings", "want"),
    [
        (Settings(), ""),
        (Settings(namespaces="prod-*,!prod-eu"), "prod-*,!prod-eu"),
        (Settings(namespace="shop"), "shop"),
    ],
    ids=["all", "a selection", "one"],
)
async def test_a_lease_says_what_its_holder_serves(settings: Settings, want: str) -> None:
    cluster: Any = Stored()
    await make_leadership(cluster, settings).acquire()
    assert cluster.stored["metadata"]["annotations"] == {"refit.dev/namespaces": want}
