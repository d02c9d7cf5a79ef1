"""What a kind cluster consists of: one node, or with REFIT_KIND_WORKERS as many workers beside the control plane.

On more than one node a folder of this machine is /refit-shared in each: a volume that all can mount.
"""

import json
import os
from pathlib import Path

from localcluster import addresses
from localcluster.commands import DOWN, Failed
from localcluster.paths import Layout

NODE_PORT = 30090
SHARED = "/refit-shared"
MOST_WORKERS = 9


def workers() -> int:
    """Return how many workers the cluster has; with none, the control plane's node runs everything."""
    given = os.environ.get("REFIT_KIND_WORKERS") or "0"
    if not given.isdecimal() or int(given) > MOST_WORKERS:
        raise Failed(f"REFIT_KIND_WORKERS is {given!r}; it may be a number from 0 to {MOST_WORKERS}")
    return int(given)


def config(count: int, shared: Path) -> dict[str, object]:
    """Return kind's configuration; Prometheus's NodePort becomes a port of this machine."""
    port = {"containerPort": NODE_PORT, "hostPort": addresses.PROMETHEUS, "listenAddress": "127.0.0.1"}
    mounts = {"extraMounts": [{"hostPath": str(shared), "containerPath": SHARED}]} if count else {}
    control_plane = {"role": "control-plane", "extraPortMappings": [port], **mounts}
    nodes = [control_plane, *({"role": "worker", **mounts} for _ in range(count))]
    return {"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "nodes": nodes}


def shared_folder(layout: Layout) -> Path:
    """Return the folder that all nodes see."""
    return layout.root / "kind" / "shared"


def write(layout: Layout) -> Path:
    """Write the configuration, and make the folder that it names."""
    shared, path = shared_folder(layout), layout.root / "kind" / "config.json"
    shared.mkdir(parents=True, exist_ok=True)
    shared.chmod(0o777)
    path.write_text(json.dumps(config(workers(), shared), indent=2))
    return path


def refuse_another_size(nodes: list[str]) -> None:
    """Refuse to take a cluster for one with another number of workers; without REFIT_KIND_WORKERS any will do."""
    if os.environ.get("REFIT_KIND_WORKERS") and len(nodes) != workers() + 1:
        has = f"the kind cluster has {len(nodes)} nodes, and REFIT_KIND_WORKERS={workers()} asks for {workers() + 1}"
        raise Failed(f"{has}: end it first with {DOWN}")
