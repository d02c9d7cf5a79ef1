"""Volumes of the assembled node: for claims of its class whose pod has a node, and gone with their claim."""

from pathlib import Path
from typing import Any

import pytest

from localcluster.provisioner import MADE_BY, NAME, PROVISIONER, SELECTED, is_over, is_wanted, volume_for

META = {"namespace": "shop", "name": "models", "uid": "1-2", "resourceVersion": "7"}
OURS = {PROVISIONER: NAME, SELECTED: "refit-node"}
SPEC = {
    "accessModes": ["ReadWriteOnce"],
    "volumeMode": "Filesystem",
    "storageClassName": "standard",
    "resources": {"requests": {"storage": "1Gi"}},
}


def claim(annotations: dict[str, str] = OURS, **spec: Any) -> dict[str, Any]:
    return {"metadata": META | {"annotations": annotations}, "spec": SPEC | spec}


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (claim(), True),
        (claim(accessModes=["ReadWriteOncePod"]), True),
        (claim({PROVISIONER: NAME}), False),
        (claim(OURS | {PROVISIONER: "rancher.io/local-path"}), False),
        (claim({}), False),
        (claim(volumeName="pvc-1-2"), False),
        (claim(accessModes=["ReadWriteMany"]), False),
        (claim(volumeMode="Block"), False),
    ],
)
def test_a_volume_is_made_for_claims_that_wait_for_one(found: dict[str, Any], wanted: bool) -> None:
    assert is_wanted(found) is wanted


def test_the_volume_is_its_claims_alone(tmp_path: Path) -> None:
    volume = volume_for(claim(), tmp_path)
    assert volume["metadata"] == {"name": "pvc-1-2", "annotations": {MADE_BY: NAME}}
    assert volume["spec"]["claimRef"] == {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **META}
    assert volume["spec"]["capacity"] == {"storage": "1Gi"}
    assert volume["spec"]["hostPath"] == {"path": str(tmp_path), "type": "Directory"}


@pytest.mark.parametrize(
    ("made_by", "phase", "over"), [(NAME, "Released", True), (NAME, "Bound", False), ("x", "Released", False)]
)
def test_only_volumes_of_ours_go_and_only_with_their_claim(made_by: str, phase: str, over: bool) -> None:
    assert is_over({"metadata": {"annotations": {MADE_BY: made_by}}, "status": {"phase": phase}}) is over
