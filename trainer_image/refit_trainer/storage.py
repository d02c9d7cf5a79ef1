"""From a URI to files and back: `file://` in place, everything else that fsspec knows by a copy."""

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from refit_trainer.errors import BadInput


def local_path(uri: str) -> Path | None:
    """Return the path that a `file://` URI names, None for any other scheme."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    if parts.netloc not in ("", "localhost"):
        raise BadInput(f"{uri}: a file:// URI has three slashes")
    return Path(unquote(parts.path))


def fetch(uri: str) -> Path:
    """Return a local file or folder with what the URI names; raise BadInput where there is nothing."""
    path = local_path(uri)
    if path is None:
        return _copy_here(uri)
    if not path.exists():
        raise BadInput(f"{uri} doesn't exist")
    return path


def upload(folder: Path, uri: str, last: str) -> None:
    """Copy a folder's files to a remote URI, the file named `last` after all others: object stores know no rename."""
    filesystem, target = remote(uri)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    for name in sorted(names, key=lambda name: name == last):
        filesystem.makedirs(f"{target}/{name}".rsplit("/", 1)[0], exist_ok=True)
        filesystem.put_file(str(folder / name), f"{target}/{name}")


def list_names(uri: str) -> list[str]:
    """Return the names in the folder that a URI names; none where there is no such folder."""
    path = local_path(uri)
    if path is not None:
        return sorted(entry.name for entry in path.iterdir()) if path.is_dir() else []
    filesystem, target = remote(uri)
    if not filesystem.isdir(target):
        return []
    return sorted(name.rstrip("/").rsplit("/", 1)[-1] for name in filesystem.ls(target, detail=False))


def remove(uri: str) -> None:
    """Remove the file or folder that a URI names, if it is there."""
    path = local_path(uri)
    if path is None:
        filesystem, target = remote(uri)
        if filesystem.exists(target):
            filesystem.rm(target, recursive=True)
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remote(uri: str) -> tuple[Any, str]:
    """Return the fsspec filesystem of a URI and the path in it."""
    from fsspec.core import url_to_fs

    try:
        filesystem, path = url_to_fs(uri)
    except (ValueError, ImportError) as error:
        raise BadInput(f"{uri}: {error}") from error
    return filesystem, path.rstrip("/")


def make_scratch() -> Path:
    """Make a folder that goes when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="refit-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _copy_here(uri: str) -> Path:
    filesystem, path = remote(uri)
    if not filesystem.exists(path):
        raise BadInput(f"{uri} doesn't exist")
    target = make_scratch() / path.rsplit("/", 1)[-1]
    if not filesystem.isdir(path):
        filesystem.get_file(path, str(target))
        return target
    target.mkdir()
    for entry in filesystem.find(path):
        name = entry.rpartition(f"{path}/")[2]
        if ".." in name.split("/") or name.startswith("/"):
            raise BadInput(f"{uri}: {name!r} is outside of it")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        filesystem.get_file(entry, str(target / name))
    return target
