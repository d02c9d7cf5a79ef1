"""Which containers of a pod read the checkpoint pointer, and where each of them sees a claim. Pure.

A server may read it itself, or an init container or a sidecar that fetches the model for it: by a variable, or by a
file of a volume of the downward API. Which of its annotations it reads makes no difference to whether it is a reader:
all of them are one pointer. The digest alone isn't, since it doesn't say where the model is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from refit_operator.api.base import CHECKPOINT_ANNOTATION
from refit_operator.api.pointer import ANNOTATIONS, PLACES
from refit_operator.api.uris import ClaimPath

FIELDS = {f"metadata.annotations['{annotation}']": annotation for annotation in ANNOTATIONS}
"""The annotations of the pointer by the field of a pod that holds each."""
POINTER_FIELD = f"metadata.annotations['{CHECKPOINT_ANNOTATION}']"
ALL_ANNOTATIONS = "metadata.annotations"
"""The field that holds every annotation: it counts where nothing reads the pointer by itself."""


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
    """A container that reads the pointer, and by which of its annotations; none where it is given all annotations."""

    name: str
    mounts: tuple[Mount, ...]
    annotations: frozenset[str]

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
    fields = [(container, _fields_read(container, volumes)) for container in containers]
    alone = [
        _reader(container, volumes, frozenset(FIELDS[f] for f in read & FIELDS.keys())) for container, read in fields
    ]
    found = tuple(reader for reader in alone if reader.annotations.intersection(PLACES))
    return found or tuple(_reader(one, volumes, frozenset()) for one, read in fields if ALL_ANNOTATIONS in read)


def _reader(container: dict[str, Any], volumes: Any, annotations: frozenset[str]) -> Reader:
    return Reader(container["name"], tuple(claim_mounts(volumes, container)), annotations)


def _fields_read(container: dict[str, Any], volumes: Any) -> set[str]:
    """Return the fields of the pod that are variables of the container, or files that it mounts."""
    sources = (variable.get("valueFrom") or {} for variable in container.get("env") or ())
    variables = {str((source.get("fieldRef") or {}).get("fieldPath")) for source in sources}
    mounted = {mount["name"] for mount in container.get("volumeMounts") or ()}
    return variables.union(*(_fields_of(volume) for volume in volumes if volume["name"] in mounted))


def _fields_of(volume: dict[str, Any]) -> set[str]:
    """Return the fields of the pod that are files of the volume."""
    projected = (volume.get("projected") or {}).get("sources") or ()
    sources = (volume.get("downwardAPI") or {}, *(source.get("downwardAPI") or {} for source in projected))
    items = (item for source in sources for item in source.get("items") or ())
    return {str((item.get("fieldRef") or {}).get("fieldPath")) for item in items}


def claim_mounts(volumes: Any, container: dict[str, Any]) -> Iterator[Mount]:
    """Yield the claims that a container mounts."""
    claims = {v["name"]: v["persistentVolumeClaim"]["claimName"] for v in volumes if v.get("persistentVolumeClaim")}
    for mount in container.get("volumeMounts") or ():
        if mount["name"] in claims:
            yield Mount(claims[mount["name"]], mount["mountPath"], (mount.get("subPath") or "").strip("/"))
