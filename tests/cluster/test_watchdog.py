"""A real kopf, a real API server, and watches that die in each way that can be arranged: the watchdog sees each."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kopf
import pytest
from kubernetes.aio import client, config

from refit_operator.api.metadata import Ref
from refit_operator.controller.handlers import kopf_settings, register
from refit_operator.controller.watchdog import Limits, Streams, WatchSilent, watch_over
from refit_operator.controller.workqueue import Workqueue
from refit_operator.kubernetes_api.client import MONITOR, Cluster
from tests.support.cluster.hosted import admin_config, write_config
from tests.support.cluster.kubectl import Space, cluster_environment
from tests.support.cluster.objects import monitor
from tests.support.cluster.wedge import Wedge
from tests.support.sweeps import no_sweep

WATCH_SECONDS = 2
"""kopf gives a silent connection up ten seconds after this."""


class Counting(Workqueue):
    """A workqueue that only counts."""

    def __init__(self) -> None:
        self.count = 0
        self.news = asyncio.Event()

    def enqueue(self, *_: Any, **__: Any) -> None:
        self.count += 1
        self.news.set()


@dataclass
class Watching:
    """kopf behind a wedge, and the API server as it is."""

    wedge: Wedge
    streams: Streams
    cluster: Cluster
    queue: Counting
    space: Space

    async def change(self) -> None:
        """Change the monitor and read it, past the wedge."""
        self.queue.news.clear()
        await asyncio.to_thread(self.space.run, "annotate", "mmon", "reviews", f"test={time.time_ns()}", "--overwrite")
        await self.cluster.read(MONITOR, Ref(self.space.name, "reviews"))

    async def complaint(self, limits: Limits, limit_s: float = 60) -> str:
        with pytest.raises(WatchSilent) as silent:
            await asyncio.wait_for(watch_over(self.streams, limits), limit_s)
        return str(silent.value)


@asynccontextmanager
async def watching(space: Space, folder: Path, patch: Callable[[str, str], None]) -> AsyncIterator[Watching]:
    """Run kopf with the operator's own handlers until the block ends."""
    document = admin_config()
    server = urlsplit(document["clusters"][0]["cluster"]["server"])
    await config.load_kube_config(cluster_environment()["KUBECONFIG"])
    async with Wedge(str(server.hostname), server.port or 443) as wedge, client.ApiClient() as api:
        document["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{wedge.port}"
        patch("KUBECONFIG", str(write_config(folder, document)))
        streams, queue, stop = Streams(asyncio.get_running_loop().time), Counting(), asyncio.Event()
        registry = kopf.OperatorRegistry()
        register(registry, queue, streams, no_sweep())
        running = asyncio.create_task(
            kopf.operator(
                registry=registry,
                settings=kopf_settings(WATCH_SECONDS),
                standalone=True,
                namespaces=[space.name],
                stop_flag=stop,
            )
        )
        await asyncio.wait_for(queue.news.wait(), 30)
        yield Watching(wedge, streams, await Cluster.connect(api, streams.read), queue, space)
        running.cancel()
        await asyncio.wait([running])


Start = Callable[[], AbstractAsyncContextManager[Watching]]


@pytest.fixture
def start(shared: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Return the way to start. In the test itself: kopf, when it ends, cancels every task that is younger than it."""
    shared.apply(monitor(suspend=True))
    return lambda: watching(shared, tmp_path, monkeypatch.setenv)


async def test_living_watches_raise_no_complaint(start: Start) -> None:
    async with start() as watched:
        for _ in range(3):
            await watched.change()
            await asyncio.wait_for(watched.queue.news.wait(), 10)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(watch_over(watched.streams, Limits(reopened=8, delivered=3, check=0.2)), 10)


async def test_a_half_open_connection_is_seen_by_what_it_does_not_deliver(start: Start) -> None:
    async with start() as watched:
        watched.wedge.silence(new_ones_too=True)
        await watched.change()
        complaint = await watched.complaint(Limits(reopened=600, delivered=5, check=0.2))
        assert complaint.startswith("the watch of modelmonitors hasn't delivered version")


async def test_connections_that_all_hang_are_seen_by_none_being_opened(start: Start) -> None:
    async with start() as watched:
        watched.wedge.silence(new_ones_too=True)
        complaint = await watched.complaint(Limits(reopened=8, delivered=600, check=0.2))
        assert "was last opened" in complaint


async def test_kopf_mends_a_half_open_connection_where_new_ones_work(start: Start) -> None:
    async with start() as watched:
        watched.wedge.silence(new_ones_too=False)
        await watched.change()
        await asyncio.wait_for(watched.queue.news.wait(), WATCH_SECONDS + 20)
        assert watched.streams.complaint(Limits(reopened=WATCH_SECONDS + 20, delivered=WATCH_SECONDS + 20)) is None


async def test_a_watch_task_that_died_unnoticed_by_kopf(start: Start) -> None:
    """Seen in kopf 1.45: a watcher that is cancelled, by itself or a timeout gone astray, ends without a word."""
    async with start() as watched:
        victim = next(task for task in asyncio.all_tasks() if task.get_name().startswith("watcher for modelmonitors"))
        victim.cancel()
        complaint = await watched.complaint(Limits(reopened=10, delivered=600, check=0.2))
        assert complaint.startswith("the watch of modelmonitors was last opened")
