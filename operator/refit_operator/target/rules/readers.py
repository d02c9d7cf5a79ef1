"""Which containers of a pod read the checkpoint pointer, and where each of them sees a claim. Pure.

A server may read it itself, or an init container or a sidecar that fetches the model for it: by a variable, or by a
file of a volume of the downward API.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from refit_operator.api.base import CHECKPOINT_ANNOTATION
from refit_operator.api.uris import ClaimPath

POINTER_FIELD = f"metadata.annotations['{CHECKPOINT_ANNOTATION}']"
FIELDS = (POINTER_FIELD, "metadata.annotations")
"""Fields of a pod that hold the pointer; that of all annotations counts where nothing reads the pointer alone."""


@dataclass(frozen=True)
class Mount:
    """A claim mounted into a container that reads the pointer; `sub_path` is the claim's folder seen there."""

    claim: str
    path: str
    sub_path: str = ""

    def path_of(self, place: ClaimPath) -> str | None:
        """Return where the container sees the place, None where it doesn't."""
        prefix = f"{self.sub_path}/" if self.sub_path else ""
        if self.claim != place.claim or not place.path.startswith(prefix):
            return None
        return f"{self.path.rstrip('/')}/{place.path.removeprefix(prefix)}"

    def place_of(self, path: str) -> ClaimPath | None:
        """Return what the container sees at the path, None where it isn't below the mount."""
        root = self.path.rstrip("/") + "/"
        if not path.startswith(root):
            return None
        return ClaimPath(self.claim, "/".join(part for part in (self.sub_path, path.removeprefix(root)) if part))


@dataclass(frozen=True)
class Reader:
    """A container that reads the pointer."""

    name: str
    mounts: tuple[Mount, ...]

    def paths_of(self, place: ClaimPath) -> tuple[str, ...]:
        """Return where the container sees the place: a mount below another one hides what is there."""
        found = (path for mount in self.mounts if (path := mount.path_of(place)))
        return tuple(path for path in found if self.place_of(path) == place)

    def place_of(self, path: str) -> ClaimPath | None:
        """Return what the container sees at the path, by its innermost mount of a claim."""
        inmost = sorted(self.mounts, key=lambda mount: -len(mount.path))
        return next((place for mount in inmost if (place := mount.place_of(path))), None)

    def agrees(self, path: str, place: ClaimPath) -> bool:
        """Return whether the path means the place to this container too, or it sees neither."""
        seen = self.place_of(path)
        return seen == place or (seen is None and not self.paths_of(place))


def readers_of(pod: dict[str, Any]) -> tuple[Reader, ...]:
    """Return the containers that read the pointer, the servers before init containers and sidecars."""
    containers = (*pod["containers"], *(pod.get("initContainers") or ()))
    volumes = pod.get("volumes") or ()
    for field in FIELDS:
        files = frozenset(volume["name"] for volume in volumes if field in _fields_of(volume))
        found = [container for container in containers if _reads(container, field, files)]
        if found:
            return tuple(Reader(container["name"], tuple(_claim_mounts(volumes, container))) for container in found)
    return ()


def _reads(container: dict[str, Any], field: str, files: frozenset[str]) -> bool:
    sources = (variable.get("valueFrom") or {} for variable in container.get("env") or ())
    by_variable = any((source.get("fieldRef") or {}).get("fieldPath") == field for source in sources)
    return by_variable or any(mount["name"] in files for mount in container.get("volumeMounts") or ())


def _fields_of(volume: dict[str, Any]) -> set[str]:
    """Return the fields of the pod that are files of the volume."""
    projected = (volume.get("projected") or {}).get("sources") or ()
    sources = (volume.get("downwardAPI") or {}, *(source.get("downwardAPI") or {} for source in projected))
    items = (item for source in sources for item in source.get("items") or ())
    return {str((item.get("fieldRef") or {}).get("fieldPath")) for item in items}


def _claim_mounts(volumes: Any, container: dict[str, Any]) -> Iterator[Mount]:
    claims = {v["name"]: v["persistentVolumeClaim"]["claimName"] for v in volumes if v.get("persistentVolumeClaim")}
    for mount in container.get("volumeMounts") or ():
        if mount["name"] in claims:
            yield Mount(claims[mount["name"]], mount["mountPath"], (mount.get("subPath") or "").strip("/"))
