"""Publication where there is no rename, in an object store: the manifest comes last, and goes first.

A folder without a manifest is no checkpoint. The marker `.<output>.uploading` beside it says that its files are
a run's own upload, which its next attempt may overwrite. It is written before the training, so that a missing
permission is found at once.
"""

from pathlib import Path

from refit_trainer.artifacts.model_folder import MANIFEST
from refit_trainer.contract.config import Run
from refit_trainer.contract.errors import BadInput
from refit_trainer.storage import object_store

SUFFIX = ".uploading"


def write_marker(uri: str, run: Run) -> None:
    """Mark a URI as one that a run is about to publish at."""
    object_store.write(_marker_uri(uri), run.model_dump_json().encode())


def output_of_marker(marker: str) -> str | None:
    """Return the output that a marker's URI belongs to; None where the URI is no marker's."""
    parent, _, name = marker.rpartition("/")
    return f"{parent}/{name[1:].removesuffix(SUFFIX)}" if name.startswith(".") and name.endswith(SUFFIX) else None


def publish(folder: Path, uri: str) -> None:
    """Upload a checkpoint over what a killed attempt left of it."""
    object_store.remove_others(uri, {path.relative_to(folder).as_posix() for path in folder.rglob("*")})
    object_store.upload(folder, uri, last=MANIFEST)


def remove_marker(uri: str) -> None:
    """Remove the marker, and before it the files of an upload that was never published."""
    if read_manifest(uri) is None and object_store.read(_marker_uri(uri)) is not None:
        object_store.remove(uri)
    object_store.remove(_marker_uri(uri))


def unpublish(uri: str) -> None:
    """Remove a checkpoint, its manifest first."""
    object_store.remove(f"{uri}/{MANIFEST}")
    object_store.remove(uri)


def read_manifest(uri: str) -> bytes | None:
    """Return the manifest at a URI, None where there is none."""
    return object_store.read(f"{uri.rstrip('/')}/{MANIFEST}")


def is_taken(uri: str) -> bool:
    """Tell whether something is there that no attempt of ours left."""
    return bool(object_store.list_names(uri)) and object_store.read(_marker_uri(uri)) is None


def _marker_uri(uri: str) -> str:
    parent, _, name = uri.rstrip("/").rpartition("/")
    if parent.endswith("/") or not parent:
        raise BadInput(f"output={uri} is a whole bucket: name a folder in it")
    return f"{parent}/.{name}{SUFFIX}"
