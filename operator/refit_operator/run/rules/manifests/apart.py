"""What keeps the judge apart from what training leaves behind: the candidate is handed over on its claim, and nothing
else is. Pure.

Both containers are in one pod, which gives its containers one /dev/shm, and user volumes to both.
"""

from collections.abc import Sequence
from typing import Any

from refit_operator.api.pod import EnvVar, PodTemplate, Volume

Document = dict[str, Any]
TRAIN, JUDGE = "train", "judge"
SHARED_MEMORY = "/dev/shm"
ISOLATED = {"PYTHONNOUSERSITE": "1", "PYTHONSAFEPATH": "1"}
"""Python without packages of HOME, and without modules of the working directory."""
LOADERS = ("PYTHON", "LD_")
"""Variables that bring code into a process: a path in them may be one that training writes to."""


def variables_for(name: str, given: Sequence[EnvVar]) -> list[Document]:
    """Return the user's variables for a container."""
    return [v.to_json() for v in given if name != JUDGE or not v.name.startswith(LOADERS)]


def isolation_of(name: str) -> list[Document]:
    """Return the variables by which Python runs nothing but what the image has."""
    return [{"name": key, "value": value} for key, value in ISOLATED.items()] if name == JUDGE else []


def mounts_of(name: str, template: PodTemplate) -> list[Document]:
    """Return the mounts of a container besides claims of data and models: scratch of its own, the user's volumes."""
    scratch = {"name": f"tmp-{name}", "mountPath": "/tmp"}
    theirs = [
        {
            "name": _volume_name(name, volume),
            "mountPath": volume.mount_path,
            "readOnly": volume.read_only or _is_read_only(name, volume),
        }
        for volume in template.volumes
    ]
    own_memory = [{"name": f"shm-{JUDGE}", "mountPath": SHARED_MEMORY}] if _needs_memory(name, template) else []
    return [scratch, *own_memory, *theirs]


def volumes_of(template: PodTemplate) -> list[Document]:
    """Return the volumes that `mounts_of` names for both containers."""
    scratch: list[Document] = [{"name": f"tmp-{name}", "emptyDir": {}} for name in (TRAIN, JUDGE)]
    memory = {"name": f"shm-{JUDGE}", "emptyDir": {"medium": "Memory"}}
    theirs = {_volume_name(name, volume): volume for volume in template.volumes for name in (TRAIN, JUDGE)}
    own_memory = [memory] if _needs_memory(JUDGE, template) else []
    return [*scratch, *own_memory, *(_source(volume) | {"name": name} for name, volume in theirs.items())]


def _volume_name(name: str, volume: Volume) -> str:
    """Return the volume's name in the pod: an empty folder is one for each container."""
    return f"user-{volume.name}" + (f"-{JUDGE}" if name == JUDGE and volume.empty_dir else "")


def _is_read_only(name: str, volume: Volume) -> bool:
    return name == JUDGE and volume.persistent_volume_claim is not None


def _needs_memory(name: str, template: PodTemplate) -> bool:
    """Return whether a container needs a /dev/shm that isn't the pod's: the judge, unless the user gives it one."""
    return name == JUDGE and all(volume.mount_path.rstrip("/") != SHARED_MEMORY for volume in template.volumes)


def _source(volume: Volume) -> Document:
    return {key: value for key, value in volume.to_json().items() if key not in ("name", "mountPath", "readOnly")}
