"""The parts of the kind provider that need no engine."""

from pathlib import Path

import pytest

from localcluster import kind_config
from localcluster.bases import TRAINER_BASE
from localcluster.commands import Failed
from localcluster.containerd import key_of, mark
from localcluster.engine import base_dockerfile
from localcluster.kind import NODE_IMAGE, PROMETHEUS_IMAGE, node_image
from localcluster.kind_tools import OLDEST_KIND, is_usable, version_in
from localcluster.paths import PACKAGE

LISTED = """REF                        TYPE        DIGEST      SIZE     PLATFORMS   LABELS
localhost/refit-stub:dev application/vnd.oci.image.manifest.v1+json sha256:1 169.2 MiB linux/amd64 {labels}
"""


def test_one_node_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REFIT_KIND_WORKERS", raising=False)
    assert kind_config.config(kind_config.workers(), Path("/shared")) == {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "nodes": [
            {
                "role": "control-plane",
                "extraPortMappings": [{"containerPort": 30090, "hostPort": 19090, "listenAddress": "127.0.0.1"}],
            }
        ],
    }


def test_workers_share_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFIT_KIND_WORKERS", "2")
    nodes = kind_config.config(kind_config.workers(), Path("/shared"))["nodes"]
    assert isinstance(nodes, list) and [node["role"] for node in nodes] == ["control-plane", "worker", "worker"]
    assert all(node["extraMounts"] == [{"hostPath": "/shared", "containerPath": "/refit-shared"}] for node in nodes)


@pytest.mark.parametrize("given", ["-1", "two", "10", "1.5"])
def test_another_number_of_workers_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFIT_KIND_WORKERS", given)
    with pytest.raises(Failed, match="may be a number from 0 to 9"):
        kind_config.workers()


def test_a_cluster_of_another_size_is_not_taken_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFIT_KIND_WORKERS", "2")
    kind_config.refuse_another_size(["a", "b", "c"])
    with pytest.raises(Failed, match=r"has 1 nodes, and REFIT_KIND_WORKERS=2 asks for 3: end it first"):
        kind_config.refuse_another_size(["a"])
    monkeypatch.delenv("REFIT_KIND_WORKERS")
    kind_config.refuse_another_size(["a", "b", "c"])


@pytest.mark.parametrize(
    ("told", "usable"),
    [
        ("kind v0.33.0 go1.25.5 darwin/arm64", True),
        ("kind v1.0.0", True),
        ("kind (v0.30.0-alpha+1234)", True),
        ("kind v0.29.0 go1.24.2 linux/amd64", False),
        ("", False),
        ("no such program", False),
    ],
)
def test_an_installed_program_is_used_if_it_is_new_enough(told: str, usable: bool) -> None:
    assert is_usable(version_in(told), OLDEST_KIND) is usable


def test_every_image_names_its_registry() -> None:
    """Podman has no registry for a short name, unless somebody configured one."""
    base = base_dockerfile(TRAINER_BASE, has_certificates=False)
    assert all(name.startswith("docker.io/") for name in (NODE_IMAGE, PROMETHEUS_IMAGE, base.split()[1]))
    assert f"image: {PROMETHEUS_IMAGE}\n" in (PACKAGE / "manifests" / "kind.yaml").read_text()


def test_the_node_image_can_be_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFIT_NODE_IMAGE", "localhost/node:1")
    assert node_image() == "localhost/node:1"
    monkeypatch.setenv("REFIT_NODE_IMAGE", "")
    assert node_image() == NODE_IMAGE


def test_the_base_is_the_assembled_nodes() -> None:
    text = base_dockerfile(TRAINER_BASE, has_certificates=False)
    assert text.startswith("FROM docker.io/library/debian:trixie-slim\n") and "PIP_CERT" not in text
    assert all(f" {package} " in text for package in TRAINER_BASE.packages)


def test_behind_a_proxy_pip_inside_has_the_certificates_from_outside() -> None:
    last = base_dockerfile(TRAINER_BASE, has_certificates=True).splitlines()[-2:]
    assert last == [
        "COPY ca.crt /etc/ssl/certs/ca-certificates.crt",
        "ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt",
    ]


@pytest.mark.parametrize(
    ("labels", "key"),
    [
        ("io.cri-containerd.image=managed,refit.dev/key=abc", "abc"),
        ("refit.dev/key=abc,io.cri-containerd.image=managed", "abc"),
        ("io.cri-containerd.image=managed", ""),
        ("-", ""),
    ],
)
def test_what_a_node_has_is_asked_of_the_node(labels: str, key: str) -> None:
    asked: list[tuple[str, ...]] = []

    def ctr(*words: str) -> str:
        asked.append(words)
        return LISTED.format(labels=labels)

    assert key_of(ctr, "localhost/refit-stub:dev") == key
    mark(ctr, "localhost/refit-stub:dev", "abc")
    assert asked == [
        ("images", "list", "name==localhost/refit-stub:dev"),
        ("images", "label", "localhost/refit-stub:dev", "refit.dev/key=abc"),
    ]
