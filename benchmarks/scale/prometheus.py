"""A Prometheus server of the benchmark's own, which scrapes a feed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode
from urllib.request import urlopen

from benchmarks.scale.feed import MOVING, STEADY, Feed, feeding
from tests.support.local import free_port, until
from tests.support.prometheus.process import Prometheus

SCRAPE_S, MOVING_SCRAPE_S, KNOWN_S = 5, 1, 45.0
CONFIG = """
global: {scrape_interval: %(slow)ss, scrape_timeout: %(slow)ss}
scrape_configs:
- {job_name: steady, metrics_path: %(steady)s, static_configs: [{targets: ['127.0.0.1:%(port)s']}]}
- {job_name: moving, metrics_path: %(moving)s, scrape_interval: %(fast)ss, scrape_timeout: %(fast)ss,
   static_configs: [{targets: ['127.0.0.1:%(port)s']}]}
"""


@dataclass(frozen=True)
class Fed:
    """The server, its process, and what it scrapes."""

    address: str
    pid: int
    feed: Feed

    def wait_until_known(self, seconds: float = KNOWN_S, series: str = "judged_total") -> None:
        """Wait until a series of so long ago is known: every reading has samples then, whenever it was due."""
        until(lambda: self.knows(f"{series} offset {seconds:.0f}s"), 4 * seconds, "Prometheus scrapes nothing")

    def knows(self, query: str) -> bool:
        """Return whether it has anything to say to the query."""
        with urlopen(f"{self.address}/api/v1/query?{urlencode({'query': f'count({query})'})}", timeout=30) as reply:
            return bool(json.load(reply)["data"]["result"])


@contextmanager
def fed_prometheus() -> Iterator[Fed]:
    """Have one while it lasts."""
    with TemporaryDirectory(prefix="refit-scale-") as name, feeding(free_port()) as feed:
        folder = Path(name)
        server = Prometheus(folder)
        about = {"slow": SCRAPE_S, "fast": MOVING_SCRAPE_S, "port": feed.port, "steady": STEADY, "moving": MOVING}
        (folder / "prometheus.yml").write_text(CONFIG % about)
        with server:
            yield Fed(f"http://127.0.0.1:{server.port}", server.process.pid, feed)
