"""Stand-in GPUs: capacity that the scheduler counts, with no device behind it.

The kubelet copies capacity it does not know into what is allocatable, so patching the node's status is enough.
"""

COUNT = "2"
RESOURCE_PATH = "nvidia.com~1gpu"


def gpu_patch() -> list[dict[str, object]]:
    """Return the JSON patch of a node's status."""
    parts = ("capacity", "allocatable")
    return [{"op": "add", "path": f"/status/{part}/{RESOURCE_PATH}", "value": COUNT} for part in parts]
