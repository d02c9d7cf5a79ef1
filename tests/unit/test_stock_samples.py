"""Samples of stock servers: they parse, are wired for a promotion, and what the operator writes is what they read."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.pointer import annotations_of
from refit_operator.api.uris import Pointer
from refit_operator.target.rules.readers import FIELDS
from refit_operator.target.rules.view import TargetView, parse_target
from tests.support.samples import NEW_DIGEST, merge

SAMPLES = Path(__file__).parents[2] / "manifests/samples"
SERVERS = ("kserve", "transformers-serve", "triton", "vllm")
LINK = "/served/reviews"
Document = dict[str, Any]


def read(sample: str, name: str) -> Document:
    return dict(yaml.safe_load((SAMPLES / sample / name).read_text()))


def patched(base: Any, change: Any) -> Any:
    """Return `base` with a patch laid over it, in which null removes a key."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    found = {**base, **{key: patched(base.get(key), value) for key, value in change.items()}}
    return {key: value for key, value in found.items() if value is not None}


def monitor_of(sample: str) -> ModelMonitor:
    """Return the sample's monitor: that of `reviews`, changed as kustomize does."""
    found = patched(read("reviews", "monitor.yaml"), read(sample, "monitor.yaml"))
    identity = {"namespace": "shop", "uid": "u", "creationTimestamp": "2026-11-24T08:00:00Z"}
    return ModelMonitor.model_validate(merge(found, {"metadata": identity}))


def deployment_of(sample: str, **annotations: str) -> Document:
    """Return the sample's Deployment as the API server has it, with these annotations on its template."""
    change = {"metadata": {"uid": "t"}, "spec": {"template": {"metadata": {"annotations": annotations}}}}
    return dict(merge(read(sample, "server.yaml"), change))


def target_of(sample: str, pointer: str = "") -> TargetView:
    return parse_target(deployment_of(sample, **annotations_of(pointer)))


def environment(container: Document, notes: dict[str, str]) -> dict[str, str]:
    """Return the container's variables as the kubelet fills them in; one of a missing annotation is empty."""
    found = {}
    for variable in container.get("env", ()):
        field = variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
        found[variable["name"]] = notes.get(FIELDS[field], "") if field else variable["value"]
    return found


@pytest.mark.parametrize("sample", SERVERS)
def test_its_monitor_parses_and_has_the_deployment_for_its_target(sample: str) -> None:
    monitor = monitor_of(sample)
    assert monitor.spec.serving.target_ref.name == read(sample, "server.yaml")["metadata"]["name"]
    assert monitor.spec.serving.initial_model == "pvc://models/reviews-v1"


@pytest.mark.parametrize("sample", SERVERS)
def test_the_deployment_is_wired_for_what_would_be_written(sample: str) -> None:
    checkpoints = monitor_of(sample).spec.training.checkpoints.uri
    view = target_of(sample)
    assert [reader.name for reader in view.readers] == ["verify"]
    assert view.objection_to(checkpoints) == ""
    pointer = str(Pointer(str(view.to_server_uri(f"{checkpoints}/reviews-1-ab")), NEW_DIGEST))
    assert target_of(sample, pointer).disagreement == ""


@pytest.mark.parametrize("sample", SERVERS)
def test_what_is_written_is_what_refit_verify_reads(sample: str) -> None:
    (verify,) = deployment_of(sample)["spec"]["template"]["spec"]["initContainers"]
    assert verify["command"] == ["refit-verify"]
    first = {"INITIAL_MODEL_URI": "file:///models/reviews-v1", "MODEL_LINK": LINK}
    assert environment(verify, {}) == {"MODEL_PATH": "", "MODEL_DIGEST": "", **first}
    path = "/models/checkpoints/reviews/reviews-1-ab"
    notes = annotations_of(f"file://{path}@{NEW_DIGEST}")
    assert environment(verify, notes) == {"MODEL_PATH": path, "MODEL_DIGEST": NEW_DIGEST, **first}


@pytest.mark.parametrize("sample", SERVERS)
def test_the_server_reads_the_link_and_mounts_what_it_leads_to_at_the_same_path(sample: str) -> None:
    pod = deployment_of(sample)["spec"]["template"]["spec"]
    (server,), (verify,) = pod["containers"], pod["initContainers"]
    words = [*server.get("command", ()), *server.get("args", ()), *environment(server, {}).values()]
    assert [word for word in words if word == LINK or word.endswith(f"={LINK}")]
    mounts = [{m["name"]: m["mountPath"] for m in one["volumeMounts"]} for one in (server, verify)]
    assert mounts[0]["models"] == mounts[1]["models"] == "/models"
    assert mounts[0]["served"] == mounts[1]["served"] == str(Path(LINK).parent)


@pytest.mark.parametrize("sample", SERVERS)
def test_it_takes_the_place_of_the_samples_own_server(sample: str) -> None:
    own = next(yaml.safe_load_all((SAMPLES / "reviews/server.yaml").read_text()))
    server, made = read(sample, "server.yaml"), read(sample, "kustomization.yaml")
    removed = [yaml.safe_load(patch["patch"]) for patch in made["patches"] if "patch" in patch]
    assert [(one["kind"], one["metadata"]["name"], one["$patch"]) for one in removed] == [
        ("Deployment", own["metadata"]["name"], "delete")
    ]
    labels, selected = server["spec"]["template"]["metadata"]["labels"], own["spec"]["selector"]["matchLabels"]
    assert selected.items() <= labels.items()  # so that the Service and the NetworkPolicy are the sample's
    assert "http" in {port["name"] for port in server["spec"]["template"]["spec"]["containers"][0]["ports"]}
