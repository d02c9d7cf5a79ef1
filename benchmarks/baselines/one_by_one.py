"""Ask a Prometheus server for one value after another, with prometheus-api-client."""

from collections.abc import Sequence
from datetime import datetime

from prometheus_api_client.exceptions import PrometheusApiClientException
from prometheus_api_client.prometheus_connect import PrometheusConnect

from benchmarks.baselines.values import Value, only_value


def read(address: str, queries: Sequence[str], time: datetime) -> list[Value]:
    """Return the value of each query; None where there is none, or more than one."""
    client = PrometheusConnect(address)
    return [_read(client, query, time) for query in queries]


def _read(client: PrometheusConnect, query: str, time: datetime) -> Value:
    try:
        return only_value(client.custom_query(query, {"time": time.timestamp()}))
    except PrometheusApiClientException:
        return None
