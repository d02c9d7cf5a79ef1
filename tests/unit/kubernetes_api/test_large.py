"""Objects that are large or deep: lists are asked for page by page, and what can't be read is its own trouble."""

import sys
from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.controller.handlers import kopf_settings
from refit_operator.controller.reconcile import restore
from refit_operator.kubernetes_api.client import MONITOR, PAGE, RUN, Cluster
from refit_operator.kubernetes_api.errors import Permanent, translated
from refit_operator.kubernetes_api.parsing import parse_monitor
from tests.support.samples import monitor_document

DEEP = 10 * sys.getrecursionlimit()


class Answer(dict[str, Any]):
    def to_dict(self) -> dict[str, Any]:
        return dict(self)


class Pages:
    """A stand-in for a server with many objects, of which it gives as many as are asked for, and no more."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items, self.limits = items, list[int]()
        self.asked: dict[str, Any] = {}
        self.resources = self

    async def get(self, name: str = "", limit: int = 0, _continue: str = "0", **asked: Any) -> Any:
        if "api_version" in asked:
            return self
        if name:
            return Answer(self.items[0])
        self.limits.append(limit)
        self.asked = asked
        end = int(_continue) + (limit or len(self.items))
        metadata = {"resourceVersion": "100"} | ({"continue": str(end)} if end < len(self.items) else {})
        return Answer({"metadata": metadata, "items": list(self.items[int(_continue) : end])})


def cluster_of(*items: dict[str, Any]) -> tuple[Cluster, Pages]:
    server: Any = Pages(*items)
    return Cluster(server, lambda _: None), server


def nested() -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(DEEP):
        inner = {"x": inner}
    return inner


def named(name: str, **spec: Any) -> dict[str, Any]:
    made = monitor_document()
    return made | {"metadata": made["metadata"] | {"name": name}, "spec": made["spec"] | spec}


async def test_a_list_comes_in_pages_and_is_whole() -> None:
    cluster, server = cluster_of(*({"metadata": {"name": str(number)}} for number in range(2 * PAGE + 1)))
    found = await cluster.list_objects(RUN, "shop")
    assert [item["metadata"]["name"] for item in found] == [str(number) for number in range(2 * PAGE + 1)]
    assert server.limits == [PAGE] * 3


async def test_who_has_the_same_target_is_asked_from_memory_as_new_as_the_monitor_that_was_read() -> None:
    mine = named("mine")
    mine["metadata"]["resourceVersion"] = "42"
    cluster, server = cluster_of(mine)
    await cluster.list_objects(MONITOR, "shop")
    assert (server.limits.pop(), server.asked.get("resource_version")) == (PAGE, None)
    monitor = await cluster.get_monitor(Ref("shop", "mine"))
    assert monitor
    await cluster.list_monitors_of(monitor)
    assert server.asked["resource_version"] == "42"
    assert server.asked["query_params"] == [("resourceVersionMatch", "NotOlderThan")]
    assert server.limits == [0], "the API server pages nothing of its memory"


async def test_a_target_of_the_same_name_and_another_kind_is_another_one() -> None:
    """Where the API server can't select, it lists all monitors of the namespace."""
    other = named("other")
    other["spec"]["serving"]["targetRef"] |= {"kind": "StatefulSet"}
    cluster, _ = cluster_of(named("mine"), other)
    found = await cluster.list_monitors_of(parse_monitor(named("mine")))
    assert [monitor.metadata.name for monitor in found] == ["mine"]


def test_watches_list_in_pages_too() -> None:
    assert kopf_settings().watching.chunk_size == PAGE


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "deep": ({"unknown": nested()}, "nested too deeply"),
    "large": ({"unknown": "x" * 65_536}, "65,536"),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_monitor_that_cannot_be_read_is_its_own_trouble(kind: str) -> None:
    spec, words = BAD[kind]
    cluster, _ = cluster_of(named("bad", **spec), named("good"))
    good = parse_monitor(named("good"))
    assert [monitor.metadata.name for monitor in await cluster.list_monitors_of(good)] == ["good"]
    with pytest.raises(Permanent, match=words):
        await cluster.get_monitor(Ref("shop", "bad"))


@pytest.mark.parametrize("kind", BAD)
def test_a_monitor_that_cannot_be_read_does_not_end_the_list_after_a_restart(kind: str) -> None:
    class NeverAsked:
        mass_breach: tuple[Ref, ...] = ()

    ports: Any = NeverAsked()
    restore(named("bad", **BAD[kind][0]), ports)


def test_an_answer_that_is_nested_too_deeply_is_an_error_of_the_api_server() -> None:
    with pytest.raises(Permanent, match="nested too deeply"), translated():
        raise RecursionError
