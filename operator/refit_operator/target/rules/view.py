"""What a Deployment says about its model: the pointer it carries, who reads it, and where claims are mounted.

The pointer is written in the server's terms: `pvc://models/x` becomes `file:///<mount path>/x`.
"""

from dataclasses import dataclass
from typing import Any

from refit_operator.api.base import CHECKPOINT_ANNOTATION
from refit_operator.api.metadata import managers_of, owner_of
from refit_operator.api.uris import ClaimPath, leads_out, parse_claim_uri

POINTER_FIELD = f"metadata.annotations['{CHECKPOINT_ANNOTATION}']"
WIRING = (
    "no container reads the pointer; add to its env: "
    f'{{name: MODEL_URI, valueFrom: {{fieldRef: {{fieldPath: "{POINTER_FIELD}"}}}}}}'
)


@dataclass(frozen=True)
class Mount:
    """A claim mounted into the container that reads the pointer; `sub_path` is the claim's folder seen there."""

    claim: str
    path: str
    sub_path: str = ""


@dataclass(frozen=True)
class TargetView:
    """A Deployment, read at one moment. `document` is what was read, for writing back to exactly that object."""

    uid: str
    pointer: str
    reads_pointer: bool
    mounts: tuple[Mount, ...]
    document: dict[str, Any]

    @property
    def selector(self) -> str:
        """The labels that its ReplicaSets and pods have, as a label selector."""
        selector = self.document["spec"].get("selector") or {}
        labels = sorted((selector.get("matchLabels") or {}).items())
        expressions = map(_requirement, selector.get("matchExpressions") or ())
        return ",".join([*(f"{key}={value}" for key, value in labels), *expressions])

    @property
    def pointer_managers(self) -> tuple[str, ...]:
        """The field managers that own the pointer; empty where there is none, or none owns it."""
        return managers_of(self.document, CHECKPOINT_ANNOTATION)

    def to_server_uri(self, uri: str) -> str | None:
        """Return the URI as the server sees it; None where the claim isn't mounted there."""
        place = parse_claim_uri(uri)
        if place is None:
            return uri
        found = (_seen_at(mount, place) for mount in self.mounts if mount.claim == place.claim)
        return next((f"file://{path}" for path in found if path), None)

    def to_claim_uri(self, uri: str) -> str:
        """Return the `pvc://` form of a server's `file://` URI; any other URI as it is."""
        path = uri.removeprefix("file://")
        for mount in sorted(self.mounts, key=lambda mount: -len(mount.path)):
            root = mount.path.rstrip("/") + "/"
            if uri.startswith("file://") and path.startswith(root) and not leads_out(path):
                inside = "/".join(part for part in (mount.sub_path, path.removeprefix(root)) if part)
                return ClaimPath(mount.claim, inside).uri
        return uri


def _requirement(expression: dict[str, Any]) -> str:
    """Return an entry of matchExpressions as a label selector has it."""
    key, values = expression["key"], ",".join(expression.get("values") or ())
    forms: dict[str, str] = {
        "In": f"{key} in ({values})",
        "NotIn": f"{key} notin ({values})",
        "Exists": key,
        "DoesNotExist": f"!{key}",
    }
    return forms[expression["operator"]]


def _seen_at(mount: Mount, place: ClaimPath) -> str | None:
    prefix = f"{mount.sub_path}/" if mount.sub_path else ""
    if not place.path.startswith(prefix):
        return None
    return f"{mount.path.rstrip('/')}/{place.path.removeprefix(prefix)}"


def parse_target(deployment: dict[str, Any]) -> TargetView:
    """Return the view of a Deployment as the API server gave it."""
    pod = deployment["spec"]["template"]["spec"]
    readers = [container for container in pod["containers"] if _reads_pointer(container)]
    return TargetView(
        uid=deployment["metadata"]["uid"],
        pointer=_pointer(deployment),
        reads_pointer=bool(readers),
        mounts=tuple(mount for container in readers for mount in _claim_mounts(pod, container)),
        document=deployment,
    )


def _pointer(owner: dict[str, Any]) -> str:
    """Return the pointer in the pod template of a Deployment or a ReplicaSet."""
    meta = owner["spec"]["template"].get("metadata") or {}
    return str((meta.get("annotations") or {}).get(CHECKPOINT_ANNOTATION, ""))


def pointers_of(target: TargetView, replica_sets: list[dict[str, Any]]) -> set[str]:
    """Return the pointers of the templates that the target has had, as far back as its ReplicaSets are kept."""
    return {_pointer(found) for found in replica_sets if owner_of(found) == target.uid}


def _reads_pointer(container: dict[str, Any]) -> bool:
    sources = (variable.get("valueFrom") or {} for variable in container.get("env") or ())
    return any((source.get("fieldRef") or {}).get("fieldPath") == POINTER_FIELD for source in sources)


def _claim_mounts(pod: dict[str, Any], container: dict[str, Any]) -> list[Mount]:
    volumes = pod.get("volumes") or ()
    claims = {v["name"]: v["persistentVolumeClaim"]["claimName"] for v in volumes if v.get("persistentVolumeClaim")}
    return [
        Mount(claims[mount["name"]], mount["mountPath"], (mount.get("subPath") or "").strip("/"))
        for mount in container.get("volumeMounts") or ()
        if mount["name"] in claims
    ]
