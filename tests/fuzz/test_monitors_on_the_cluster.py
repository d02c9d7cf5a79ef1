"""What a real API server takes of generated monitors, the operator reads; nothing is kept there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import event, given

from refit_operator.kubernetes_api.parsing import parse_monitor
from tests.support.cluster.api_server import ApiServer
from tests.support.cluster.kubectl import ROOT, kubectl
from tests.support.generated import monitors

PATH = "/apis/refit.dev/v1alpha1/namespaces/default/modelmonitors?dryRun=All&fieldValidation=Ignore"
HEAD = {"apiVersion": "refit.dev/v1alpha1", "kind": "ModelMonitor", "metadata": {"name": "generated"}}


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    kubectl("apply", "-k", str(ROOT / "crds"))
    kubectl("wait", "crd/modelmonitors.refit.dev", "--for=condition=Established", "--timeout=30s")
    made = ApiServer()
    yield made
    made.close()


@given(monitors())
def test_what_the_api_server_takes_the_operator_reads(server: ApiServer, spec: dict[str, Any]) -> None:
    status, answer = server.ask("POST", PATH, HEAD | {"spec": spec})
    event(f"answered {status}")
    assert status in (201, 400, 403, 422), answer
    if status == 201:
        parse_monitor(json.loads(answer))
