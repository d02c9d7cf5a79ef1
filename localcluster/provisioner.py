"""Make the volumes that claims of the class `standard` ask for: `python -m localcluster.provisioner`.

Each is a folder of this node. kind's clusters have rancher's local-path-provisioner for it, which starts a pod to make
each folder and another to remove it. On two cores those were most of the pods that the tests started.
"""

import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localcluster import addresses, api
from localcluster.paths import Layout, layout

NAME = "refit.dev/folder"
SELECTED, PROVISIONER = "volume.kubernetes.io/selected-node", "volume.kubernetes.io/storage-provisioner"
MADE_BY = "pv.kubernetes.io/provisioned-by"
CLAIMS, VOLUMES = "/api/v1/persistentvolumeclaims", "/api/v1/persistentvolumes"
SUPPORTED = {"ReadWriteOnce", "ReadWriteOncePod"}
"""What a folder of one node can be."""
AGAIN_AFTER_S = 1.0

Document = dict[str, Any]


def is_wanted(claim: Document) -> bool:
    """Return whether a claim waits for a volume of ours; the scheduler has chosen a node for its first pod."""
    spec, notes = claim["spec"], claim["metadata"].get("annotations", {})
    waits = notes.get(PROVISIONER) == NAME and SELECTED in notes and not spec.get("volumeName")
    return bool(waits and SUPPORTED.issuperset(spec["accessModes"]) and spec.get("volumeMode") == "Filesystem")


def is_over(volume: Document) -> bool:
    """Return whether a volume of ours has lost its claim."""
    made_by = volume["metadata"].get("annotations", {}).get(MADE_BY)
    return bool(made_by == NAME and volume.get("status", {}).get("phase") == "Released")


def volume_for(claim: Document, folder: Path) -> Document:
    """Return the volume of a claim."""
    meta, spec = claim["metadata"], claim["spec"]
    on_node = {"key": "kubernetes.io/hostname", "operator": "In", "values": [addresses.NODE_NAME]}
    identity = {key: meta[key] for key in ("namespace", "name", "uid", "resourceVersion")}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pvc-{meta['uid']}", "annotations": {MADE_BY: NAME}},
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": spec["resources"]["requests"],
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **identity},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": spec["storageClassName"],
            "hostPath": {"path": str(folder), "type": "Directory"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_node]}]}},
        },
    }


def provision(where: Layout, claim: Document) -> None:
    """Make the volume of a claim that waits for one."""
    if not is_wanted(claim):
        return
    folder = where.volumes / f"pvc-{claim['metadata']['uid']}"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o777)
    api.send(where, "POST", VOLUMES, volume_for(claim, folder), known=409)


def reclaim(where: Layout, volume: Document) -> None:
    """Remove a volume whose claim is gone."""
    if is_over(volume):
        name = volume["metadata"]["name"]
        shutil.rmtree(where.volumes / name, ignore_errors=True)
        api.send(where, "DELETE", f"{VOLUMES}/{name}", known=404)


def follow(where: Layout, path: str, handle: Callable[[Layout, Document], None]) -> None:
    """Handle every object of a kind, and again whenever one changes; list again when the API server was away."""
    while True:
        try:
            for document in api.follow(where, path):
                handle(where, document)
        except (OSError, ValueError) as error:
            print(f"{path}: {error}", file=sys.stderr, flush=True)
            time.sleep(AGAIN_AFTER_S)


def main() -> None:
    """Work until ended."""
    where = layout()
    threading.Thread(target=follow, args=(where, VOLUMES, reclaim), daemon=True).start()
    follow(where, CLAIMS, provision)


if __name__ == "__main__":
    main()
