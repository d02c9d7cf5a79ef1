"""Where models and data are, and the checkpoint pointer: `<uri>@sha256:<digest>`.

`pvc://claim/path` is a folder or file on a PersistentVolumeClaim of the monitor's namespace, which the operator mounts.
`s3://`, `gs://` and `hf://` go to trainer, judge and server as they are: those fetch, with their pods' own credentials.
"""

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote

from pydantic import Field

CLAIM = r"pvc://[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/"
BUCKET = r"(s3|gs)://[a-z0-9][-a-z0-9._]{1,61}[a-z0-9]/"
REPOSITORY = r"([-\w]|\.[-\w]|\.\.[-\w.])[-\w.]*"
HUB = rf"hf://({REPOSITORY}/){{1,3}}{REPOSITORY}(@[-\w.%]+)?"


def _path(without: str) -> str:
    """Return the pattern of a path whose parts are neither empty nor `.` nor `..`, so that it leads where it says."""
    step = rf"([^/.{without}]|\.[^/.{without}]|\.\.[^/{without}])[^/{without}]*"
    return rf"{step}(/{step})*"


KEY = _path(without=r"@\s")
FOLDERS = _path(without=r"@\s%")
"""A path of files: without `%`, since what reads a `file://` URI may decode it."""

DataUri = Annotated[str, Field(pattern=f"^({CLAIM}{FOLDERS}|{BUCKET}{KEY}|{HUB})$", max_length=512)]
StoreUri = Annotated[str, Field(pattern=f"^({CLAIM}{FOLDERS}|{BUCKET}{KEY})$", max_length=512)]
ModelUri = Annotated[str, Field(pattern=f"^(({CLAIM}|file:///){FOLDERS}|{BUCKET}{KEY}|{HUB})$", max_length=512)]


@dataclass(frozen=True)
class ClaimPath:
    """A path on a claim."""

    claim: str
    path: str

    @property
    def uri(self) -> str:
        """The `pvc://` form."""
        return f"pvc://{self.claim}/{self.path}"


def parse_claim_uri(uri: str) -> ClaimPath | None:
    """Return the claim and path of a `pvc://` URI, None for any other scheme."""
    found = re.match(r"^pvc://([^/]+)/(.+)$", uri)
    return ClaimPath(found[1], found[2]) if found else None


def leads_out(path: str) -> bool:
    """Return whether a path has a part that is another folder than it says, decoded or not."""
    return any(part in (".", "..") for part in unquote(path).split("/"))


def is_reachable_by_pods(uri: str) -> bool:
    """Return whether any pod may be given this: a path in one container's own files isn't."""
    return re.match(f"^({CLAIM}|{BUCKET}|hf://)", uri) is not None


def is_within(inner: str, outer: str) -> bool:
    """Return whether one URI names a part of what the other names, or the same; whatever revision of a repository."""
    return f"{_without_revision(inner)}/".startswith(f"{_without_revision(outer)}/")


def _without_revision(uri: str) -> str:
    return re.sub(r"@[^/]*", "", uri) if uri.startswith("hf://") else uri


@dataclass(frozen=True)
class Pointer:
    """One checkpoint: where it is and, where known, the digest it must have."""

    uri: str
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.uri}@{self.digest}" if self.digest else self.uri

    @property
    def short(self) -> str:
        """Short: the last part of the path, and twelve digits of the digest."""
        name = self.uri.rpartition("/")[2]
        return f"{name}@{self.digest.removeprefix('sha256:')[:12]}" if self.digest else name


def name_pointer(text: str, initial: str | None = None) -> str:
    """Return a pointer's short name; a target without one serves its initial model, by its name where one is given."""
    pointer = parse_pointer(text or initial or "")
    return pointer.short if pointer else "the initial model"


def parse_pointer(text: str) -> Pointer | None:
    """Return the pointer in `uri@sha256:…` (the digest may be missing), None for the empty string."""
    if not text:
        return None
    uri, at, digest = text.rpartition("@")
    return Pointer(uri, digest) if at and digest.startswith("sha256:") else Pointer(text)
