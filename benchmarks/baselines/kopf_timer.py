"""A kopf operator with a timer for each monitor: it asks Prometheus for the value, and writes it into the status.

`python -m benchmarks.baselines.kopf_timer SECONDS PROBE_PORT`, with PROMETHEUS_URL and KUBECONFIG. Beside kopf's
defaults it posts no Events, needs no peering, and has twenty threads for its queries.
"""

import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import kopf
from prometheus_api_client.exceptions import PrometheusApiClientException
from prometheus_api_client.prometheus_connect import PrometheusConnect
from requests import Session
from requests.adapters import HTTPAdapter

from benchmarks.baselines.values import only_value

THREADS = 20


def query_of(metric: Mapping[str, Any]) -> str:
    """Return the query of a metric, or one for its ratio."""
    if "query" in metric:
        return str(metric["query"])
    parts = (f"sum(increase({metric['ratio'][name]}[{metric['window']}]))" for name in ("good", "total"))
    return " / ".join(parts)


def register(registry: kopf.OperatorRegistry, prometheus: PrometheusConnect, seconds: float) -> None:
    """Have a timer for each monitor."""

    @kopf.timer("refit.dev", "v1alpha1", "modelmonitors", interval=seconds, registry=registry)
    def judge(spec: kopf.Spec, name: str | None, namespace: str | None, patch: kopf.Patch, **_: Any) -> None:
        metric = spec["metric"]
        query = query_of(metric).replace("$(name)", name or "").replace("$(namespace)", namespace or "")
        try:
            value = only_value(prometheus.custom_query(query))
        except PrometheusApiClientException as error:
            raise kopf.TemporaryError(str(error), delay=seconds) from None
        read_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        shown = {"reading": "NoData"} if value is None else {"reading": "Value", "value": f"{value:g}"}
        patch.status["metric"] = {**shown, "time": read_at}
        is_good = value is not None and value >= metric["threshold"]
        patch.status["state"] = "Healthy" if is_good else "Breached"


def connect(address: str) -> PrometheusConnect:
    """Return a client with a connection for each thread; by itself it would keep ten."""
    session = Session()
    session.mount(f"{address}/api", HTTPAdapter(pool_maxsize=THREADS))
    return PrometheusConnect(address, session=session)


def settings() -> kopf.OperatorSettings:
    """Return kopf's settings."""
    made = kopf.OperatorSettings()
    made.posting.enabled = False
    made.execution.max_workers = THREADS
    return made


def main(seconds: str, probe_port: str) -> None:
    """Run until killed."""
    logging.basicConfig(level=logging.WARNING)
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(kopf.login_with_kubeconfig)
    register(registry, connect(os.environ["PROMETHEUS_URL"]), float(seconds))
    kopf.run(
        registry=registry,
        settings=settings(),
        standalone=True,
        clusterwide=True,
        liveness_endpoint=f"http://127.0.0.1:{probe_port}/healthz",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
