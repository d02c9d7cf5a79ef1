"""What a real API server takes of generated monitors, the operator reads; nothing is kept there."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import event, given

from refit_operator.kubernetes_api.parsing import parse_monitor
from tests.support.cluster.hosted import admin_config, trust_as_user
from tests.support.cluster.kubectl import ROOT, Document, kubectl
from tests.support.generated import monitors

PATH = "/apis/refit.dev/v1alpha1/namespaces/default/modelmonitors?dryRun=All&fieldValidation=Ignore"
HEAD = {"apiVersion": "refit.dev/v1alpha1", "kind": "ModelMonitor", "metadata": {"name": "generated"}}


class ApiServer:
    """One connection to the API server, as the administrator."""

    def __init__(self) -> None:
        config = admin_config()
        address = urlsplit(config["clusters"][0]["cluster"]["server"])
        self.connection = http.client.HTTPSConnection(
            str(address.hostname), address.port, timeout=30, context=trust_as_user(config)
        )

    def create(self, document: Document) -> tuple[int, Document]:
        """Return the status and the answer."""
        self.connection.request("POST", PATH, json.dumps(document), {"Content-Type": "application/json"})
        reply = self.connection.getresponse()
        return reply.status, json.loads(reply.read())


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    kubectl("apply", "-k", str(ROOT / "crds"))
    kubectl("wait", "crd/modelmonitors.refit.dev", "--for=condition=Established", "--timeout=30s")
    made = ApiServer()
    yield made
    made.connection.close()


@given(monitors())
def test_what_the_api_server_takes_the_operator_reads(server: ApiServer, spec: dict[str, Any]) -> None:
    status, answer = server.create(HEAD | {"spec": spec})
    event(f"answered {status}")
    assert status in (201, 400, 403, 422), answer
    if status == 201:
        parse_monitor(answer)
