"""How an API server is found and asked, and what becomes of its refusals: a server of canned answers on this host."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from kubernetes.config import incluster_config, kube_config

from refit_cli.cluster import MONITOR, POD, RUN, Cluster, connect
from refit_cli.exits import Exit, Failed
from refit_cli.prometheus import Refused, by_service

DATE = "Tue, 24 Nov 2026 12:00:00 GMT"
Answer = tuple[int, Any]


class Canned(ThreadingHTTPServer):
    """Answers by path and page, and remembers what it was sent."""

    daemon_threads = True
    answers: dict[str, Answer]
    sent: list[tuple[str, str, Any]]


class Handler(BaseHTTPRequestHandler):
    server: Canned

    def do_GET(self) -> None:
        self._answer(None)

    def do_PATCH(self) -> None:
        length = int(self.headers["Content-Length"])
        self._answer((self.headers["Content-Type"], json.loads(self.rfile.read(length))))

    def _answer(self, body: Any) -> None:
        parts = urlsplit(self.path)
        page = parse_qs(parts.query).get("continue", [""])[0]
        self.server.sent.append((self.command, self.path, body))
        status, answer = self.server.answers.get(parts.path + page, (404, {"message": "not here"}))
        self.send_response_only(status)
        self.send_header("Date", DATE)
        self.end_headers()
        self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Keep what was asked out of the tests' output."""


@pytest.fixture
def server() -> Iterator[Canned]:
    made = Canned(("127.0.0.1", 0), Handler)
    made.answers, made.sent = {}, []
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def kubeconfig(folder: Path, port: int, **more: Any) -> str:
    contexts = [
        {"name": "one", "context": {"cluster": "c", "user": "u", "namespace": "shop"}},
        {"name": "two", "context": {"cluster": "c", "user": "u"}},
    ]
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": contexts,
    } | (more or {"current_context": "one"})
    file = folder / "config"
    file.write_text(yaml.safe_dump({key.replace("_", "-"): value for key, value in document.items()}))
    return str(file)


@pytest.fixture
def cluster(server: Canned, tmp_path: Path) -> Cluster:
    return connect("", "", kubeconfig(tmp_path, server.server_port))


def test_namespace_and_context_are_the_kubeconfigs_unless_given(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path, 1)
    assert connect("", "", file).namespace == "shop"
    assert connect("", "two", file).namespace == "default"
    assert connect("mine", "one", file).namespace == "mine"


@pytest.mark.parametrize("current", [{"preferences": {}}, {"current_context": ""}])
def test_a_context_that_is_named_needs_no_current_one(tmp_path: Path, current: dict[str, Any]) -> None:
    file = kubeconfig(tmp_path, 1, **current)
    assert connect("", "one", file).namespace == "shop"
    with pytest.raises(Failed) as unknown:
        connect("", "", file)
    assert unknown.value.code is Exit.USAGE


@pytest.mark.parametrize(("file", "namespace"), [("ml\n", "ml"), (None, "default")])
def test_in_a_pod_the_namespace_is_the_pods(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str | None, namespace: str
) -> None:
    (tmp_path / "token").write_text("t")
    (tmp_path / "ca.crt").write_text("x")
    if file:
        (tmp_path / "namespace").write_text(file)
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert connect("", "", "").namespace == namespace
    assert connect("mine", "", "").namespace == "mine"


def test_a_context_that_is_not_there_is_said_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no context 'three': one, two") as unknown:
        connect("", "three", kubeconfig(tmp_path, 1))
    assert unknown.value.code is Exit.USAGE
    with pytest.raises(Failed) as missing:
        connect("", "", str(tmp_path / "nothing"))
    assert missing.value.code is Exit.USAGE


def test_a_server_that_does_not_answer_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no answer from http://127") as unreachable:
        connect("", "", kubeconfig(tmp_path, 1)).read(MONITOR, "reviews")
    assert unreachable.value.code is Exit.UNREACHABLE


def test_an_object_is_read_and_one_that_is_not_there_is_none(server: Canned, cluster: Cluster) -> None:
    server.answers["/apis/refit.dev/v1alpha1/namespaces/shop/modelmonitors/reviews"] = (200, {"kind": "ModelMonitor"})
    assert cluster.read(MONITOR, "reviews") == {"kind": "ModelMonitor"}
    assert cluster.read(MONITOR, "orders") is None


@pytest.mark.parametrize(
    ("status", "code"), [(401, Exit.FORBIDDEN), (403, Exit.FORBIDDEN), (422, Exit.FORBIDDEN), (500, Exit.UNREACHABLE)]
)
def test_a_refusal_is_the_servers_sentence(server: Canned, cluster: Cluster, status: int, code: Exit) -> None:
    server.answers["/apis/refit.dev/v1alpha1/namespaces/shop/modelmonitors/reviews"] = (
        status,
        {"message": "you may not"},
    )
    with pytest.raises(Failed, match="the API server says: you may not") as refused:
        cluster.read(MONITOR, "reviews")
    assert refused.value.code is code


def test_a_list_is_read_page_by_page(server: Canned, cluster: Cluster) -> None:
    path = "/apis/refit.dev/v1alpha1/namespaces/shop/retrainruns"
    server.answers[path] = (200, {"metadata": {"continue": "more"}, "items": [{"metadata": {"name": "a"}}]})
    server.answers[f"{path}more"] = (200, {"metadata": {}, "items": [{"metadata": {"name": "b"}}]})
    found = cluster.list_objects(RUN, "refit.dev/monitor=reviews")
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [("RetrainRun", "a"), ("RetrainRun", "b")]
    asked = [parse_qs(urlsplit(path).query)["labelSelector"] for _, path, _ in server.sent]
    assert asked == [["refit.dev/monitor=reviews"]] * 2


def test_a_patch_is_a_merge_by_our_field_manager(server: Canned, cluster: Cluster) -> None:
    path = "/apis/refit.dev/v1alpha1/namespaces/shop/modelmonitors/reviews"
    server.answers[path] = (200, {})
    cluster.patch(MONITOR, "reviews", {"spec": {"suspend": False}}, dry_run=True)
    wanted = ("application/merge-patch+json", {"spec": {"suspend": False}})
    assert server.sent == [("PATCH", f"{path}?fieldManager=refit-cli&dryRun=All", wanted)]


def test_the_time_is_the_servers(server: Canned, cluster: Cluster) -> None:
    server.answers["/version"] = (200, {})
    assert cluster.now() == datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_a_log_comes_in_lines(server: Canned, cluster: Cluster) -> None:
    path = f"{POD.path('shop', 'pod')}/log"
    server.answers[path] = (200, "one\ntwö\nthree".encode())
    assert list(cluster.stream_lines(path, {"container": "train"})) == ["one", "twö", "three"]


PROXIED = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query"


@pytest.mark.parametrize(
    ("status", "answer", "error", "words"),
    [
        (400, {"status": "error", "error": "no such function"}, Refused, "Prometheus says: no such function"),
        (401, b"Unauthorized", Refused, "Prometheus says: HTTP 401"),
        (403, {"kind": "Status", "message": "you may not"}, Failed, "the API server says: you may not"),
        (503, {"kind": "Status", "message": "no endpoints"}, Failed, "the API server says: no endpoints"),
    ],
)
def test_a_service_and_the_proxy_before_it_are_told_apart(
    server: Canned, cluster: Cluster, status: int, answer: Any, error: type[Failed], words: str
) -> None:
    server.answers[PROXIED] = (status, answer)
    with pytest.raises(Failed, match=words) as refused:
        by_service(cluster, "monitoring/prometheus:9090")("/api/v1/query", {"query": "up"})
    assert type(refused.value) is error


def test_what_a_service_answers_is_handed_on(server: Canned, cluster: Cluster) -> None:
    server.answers[PROXIED] = (200, {"data": 1})
    assert (
        by_service(cluster, "monitoring/prometheus:9090", {"X-Scope-OrgID": "a"})("/api/v1/query", {}) == b'{"data": 1}'
    )
    assert server.sent[0][1] == PROXIED
