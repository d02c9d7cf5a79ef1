"""A namespace where a webhook adds a container to every pod, which goes on when the others have ended."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cluster.kubectl import Space
from tests.support.cluster.mesh import injecting
from tests.support.cluster.runs import finished, run_number, start


@pytest.fixture
def meshed(space: Space, tmp_path: Path) -> Iterator[Space]:
    with injecting(space, tmp_path):
        yield space


def containers(space: Space, selector: str) -> list[list[str]]:
    pods = json.loads(space.run("get", "pods", "-l", selector, "-o", "json"))["items"]
    return [[container["name"] for container in pod["spec"]["containers"]] for pod in pods]


def test_a_finished_run_holds_no_pod_where_a_container_was_added_to_it(meshed: Space) -> None:
    start(meshed, policy={"cooldown": "1h"})
    assert containers(meshed, "app=reviews") == [["server", "mesh-proxy"]]
    meshed.run("wait", "--for=create", "pod", "-l", "refit.dev/run", "--timeout=60s")
    assert "mesh-proxy" in containers(meshed, "refit.dev/run")[0]

    assert finished(run_number(meshed, 1)) == ("Promoted", "Promoted")
    meshed.run("wait", "--for=delete", "pod,job", "-l", "refit.dev/run", "--timeout=60s")
    assert containers(meshed, "app=reviews") == [["server", "mesh-proxy"]]
