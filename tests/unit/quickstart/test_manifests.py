"""manifests/quickstart: its parts fit each other, and the model server is wired for a promotion."""

import ast
from typing import Any

import yaml

from localcluster.paths import CHECKOUT
from refit_operator.api.monitor import ModelMonitor
from tests.quickstart.page import parse
from tests.support.samples import merge

FOLDER = CHECKOUT / "manifests/quickstart"
IDENTITY = {"metadata": {"namespace": "quickstart", "uid": "u", "creationTimestamp": "2026-11-24T08:00:00Z"}}
Document = dict[str, Any]


def documents(path: str) -> list[Document]:
    return list(yaml.safe_load_all((FOLDER / path).read_text()))


MONITOR = ModelMonitor.model_validate(merge(documents("monitor/monitor.yaml")[0], IDENTITY))
SERVER = documents("server/server.yaml")[0]


def test_the_monitor_names_the_claims_that_there_are() -> None:
    there = {one["metadata"]["name"] for one in documents("first-model/claims.yaml")}
    uris = (
        MONITOR.spec.training.dataset.train,
        MONITOR.spec.training.dataset.holdout,
        MONITOR.spec.training.checkpoints.uri,
        MONITOR.spec.serving.initial_model,
    )
    assert {uri.removeprefix("pvc://").partition("/")[0] for uri in uris if uri} == there - {"digits"}


def test_the_server_stores_rows_where_the_monitor_reads_them_and_begins_with_its_first_model() -> None:
    (server,) = SERVER["spec"]["template"]["spec"]["containers"]
    env = {one["name"]: one.get("value") for one in server["env"]}
    dataset = MONITOR.spec.training.dataset
    assert (env["FEEDBACK_DIR"], env["HOLDOUT_DIR"]) == (f"/{dataset.train[6:]}", f"/{(dataset.holdout or '')[6:]}")
    assert env["INITIAL_MODEL_URI"] == f"file:///{(MONITOR.spec.serving.initial_model or '')[6:]}"
    assert env["TASK"] == MONITOR.spec.training.task


def test_the_clients_send_what_the_page_names_and_the_job_writes() -> None:
    script = ast.parse((FOLDER / "first-model/write_rows.py").read_text())
    written = {
        node.value for node in ast.walk(script) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    page = "\n".join(
        command for step in parse((CHECKOUT / "docs/getting-started.md").read_text()) for command in step.commands
    )
    (clients,) = documents("server/clients.yaml")[0]["spec"]["template"]["spec"]["containers"]
    assert "echo upright >" in clients["command"][-1] and "send/upright" in written
    assert "echo turned >" in page and "send/turned" in written
