"""Publication where there is no rename, in an object store: the manifest comes last, and goes first.

Until the manifest is there, nobody takes the files for a checkpoint. That they are ours, and not something else that
must not be written over, is what `.<output>.uploading` beside them says. It is there from before the training on, which
also shows that the run may write at all.
"""

from pathlib import Path

from refit_trainer import object_store
from refit_trainer.config import Run
from refit_trainer.errors import BadInput
from refit_trainer.model_folder import MANIFEST

SUFFIX = ".uploading"


def announce(uri: str, run: Run) -> None:
    """Say that a run is about to publish at a URI."""
    object_store.write(_marker_of(uri), run.model_dump_json().encode())


def announced_by(marker: str) -> str | None:
    """Return the output that a URI announces; None where it is something else."""
    parent, _, name = marker.rpartition("/")
    return f"{parent}/{name[1:].removesuffix(SUFFIX)}" if name.startswith(".") and name.endswith(SUFFIX) else None


def publish(folder: Path, uri: str) -> None:
    """Upload a checkpoint over what a killed attempt left of it."""
    object_store.remove_others(uri, {path.relative_to(folder).as_posix() for path in folder.rglob("*")})
    object_store.upload(folder, uri, last=MANIFEST)


def forget(uri: str) -> None:
    """Remove the announcement, and first what was uploaded, if it was never published."""
    if read_manifest(uri) is None and object_store.read(_marker_of(uri)) is not None:
        object_store.remove(uri)
    object_store.remove(_marker_of(uri))


def take_away(uri: str) -> None:
    """Remove a checkpoint, its manifest first."""
    object_store.remove(f"{uri}/{MANIFEST}")
    object_store.remove(uri)


def read_manifest(uri: str) -> bytes | None:
    """Return the manifest at a URI, None where there is none."""
    return object_store.read(f"{uri.rstrip('/')}/{MANIFEST}")


def is_taken(uri: str) -> bool:
    """Tell whether something is there that no attempt of ours left."""
    return bool(object_store.list_names(uri)) and object_store.read(_marker_of(uri)) is None


def _marker_of(uri: str) -> str:
    parent, _, name = uri.rstrip("/").rpartition("/")
    if parent.endswith("/") or not parent:
        raise BadInput(f"output={uri} is a whole bucket: name a folder in it")
    return f"{parent}/.{name}{SUFFIX}"
