"""What a CronJob would run: ask Prometheus which models are in breach, and have kubectl create a Job for each.

The Job is named for the model, so that the next turn of the CronJob creates no second one.
"""

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from prometheus_api_client.prometheus_connect import PrometheusConnect

from benchmarks.baselines.jobs import job_for

Breach = tuple[str, str]
"""Namespace and monitor."""


def breaches(address: str, query: str) -> list[Breach]:
    """Return what is in breach, by one query that returns a series for each."""
    found = PrometheusConnect(address).custom_query(query)
    return sorted((one["metric"]["namespace"], one["metric"]["monitor"]) for one in found)


def start_one_by_one(found: Sequence[Breach], environment: Mapping[str, str]) -> None:
    """Have kubectl create a Job for each, one after another; one that is there is left alone."""
    for namespace, monitor in found:
        _create(json.dumps(placed(namespace, monitor)), environment)


def start_together(found: Sequence[Breach], environment: Mapping[str, str]) -> None:
    """Have one kubectl create them all."""
    _create("\n---\n".join(json.dumps(placed(*breach)) for breach in found), environment)


def placed(namespace: str, monitor: str) -> dict[str, Any]:
    """Return a model's Job with its namespace in it."""
    job = job_for(monitor)
    return job | {"metadata": {**job["metadata"], "namespace": namespace}}


def _create(documents: str, environment: Mapping[str, str]) -> None:
    command = ["kubectl", "create", "-f", "-"]
    done = subprocess.run(command, input=documents, env=environment, capture_output=True, text=True, check=False)
    others = [line for line in done.stderr.splitlines() if "AlreadyExists" not in line]
    assert not others, others[0]
