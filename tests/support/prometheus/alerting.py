"""A real Prometheus that scrapes the operator and evaluates its alerts, with shorter times."""

import json
import signal
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from localcluster.addresses import DISCOVERY
from localcluster.paths import CHECKOUT
from tests.support.local import until
from tests.support.prometheus.process import Prometheus
from tests.support.prometheus.shortened import SCRAPED_EVERY_S, shortened

RULES = CHECKOUT / "manifests" / "monitoring" / "rules.yaml"
EACH = f"{SCRAPED_EVERY_S}s"


class Alerting(Prometheus):
    """It scrapes the installed operator's pods, and processes on this host by their ports."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "rules.yaml").write_text(shortened(RULES.read_text()))
        self._configure()

    def watch(self, *ports: int) -> None:
        """Scrape these ports of this host from now on, and not the installed operator."""
        self._configure(*ports)
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self._scraped() == {f"127.0.0.1:{port}" for port in ports}, 30, "the targets aren't taken up")

    def _configure(self, *ports: int) -> None:
        job: dict[str, Any] = {"job_name": "refit-operator", "honor_labels": True}
        if ports:
            job["static_configs"] = [{"targets": [f"127.0.0.1:{port}" for port in ports]}]
        else:
            found = {"url": f"http://127.0.0.1:{DISCOVERY}", "refresh_interval": EACH}
            kept = {"source_labels": ["app"], "regex": "refit-operator", "action": "keep"}
            job |= {"http_sd_configs": [found], "relabel_configs": [kept]}
        times = {"scrape_interval": EACH, "scrape_timeout": EACH, "evaluation_interval": EACH}
        config = {"global": times, "rule_files": ["rules.yaml"], "scrape_configs": [job]}
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config))

    def alerts(self, name: str, **labels: str) -> list[dict[str, Any]]:
        """Return the alerts of that name, with these labels, that are firing."""
        wanted = labels | {"alertname": name}
        firing = (alert for alert in self._ask("alerts")["alerts"] if alert["state"] == "firing")
        return [alert for alert in firing if wanted.items() <= alert["labels"].items()]

    def query(self, query: str) -> list[Any]:
        """Return the samples that a query gives."""
        return list(self._ask(f"query?{urllib.parse.urlencode({'query': query})}")["result"])

    def _scraped(self) -> set[str]:
        return {target["labels"]["instance"] for target in self._ask("targets")["activeTargets"]}

    def _ask(self, what: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{what}", timeout=10) as reply:
            return dict(json.load(reply)["data"])
