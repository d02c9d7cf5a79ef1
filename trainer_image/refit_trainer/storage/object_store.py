"""Files at URIs that name no local path: what fsspec knows, above all S3. Errors name the URI.

Nothing is cached: another attempt may have written meanwhile. Nothing is retried for longer than half a minute: a pod
that fails is seen, and one that waits isn't.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from refit_trainer.contract.errors import BadInput
from refit_trainer.storage.errors import translated_errors

# Seconds, and attempts: each of s3fs's is so many of botocore's.
S3 = {"connect_timeout": 5, "read_timeout": 30, "retries": {"total_max_attempts": 3, "mode": "standard"}}
S3_ROUNDS = 2
# To read a file by a GET alone. Otherwise s3fs first asks for its size by a HEAD, whose refusal comes without a reason.
S3_WHOLE = {"max_concurrency": 1}


def download(uri: str, into: Path) -> Path:
    """Copy the file or folder that a URI names into a folder, under its own name; raise BadInput for nothing."""
    with _opened(uri) as (filesystem, path):
        target = into / path.rsplit("/", 1)[-1]
        if filesystem.isdir(path):
            names = _names_below(filesystem, path, uri)
            for name in names:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
            filesystem.get([f"{path}/{name}" for name in names], [str(target / name) for name in names])
        elif filesystem.exists(path):
            filesystem.get_file(path, str(target))
        else:
            raise BadInput(f"{uri} doesn't exist")
    return target


def upload(folder: Path, uri: str, last: str) -> None:
    """Copy a folder's files to a URI, the file named `last` after all others: object stores know no rename."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    with _opened(uri) as (filesystem, target):
        for name in sorted(names, key=lambda name: name == last):
            filesystem.put_file(str(folder / name), f"{target}/{name}")


def read(uri: str) -> bytes | None:
    """Return what is in the file that a URI names, None where there is none."""
    with _opened(uri) as (filesystem, path), suppress(FileNotFoundError):
        return bytes(filesystem.cat_file(path, **(S3_WHOLE if _is_s3(uri) else {})))
    return None


def write(uri: str, contents: bytes) -> None:
    """Write a file whole."""
    with _opened(uri) as (filesystem, path):
        filesystem.pipe_file(path, contents)


def list_names(uri: str) -> list[str]:
    """Return the names in the folder that a URI names; none where there is no such folder."""
    with _opened(uri) as (filesystem, path):
        if not filesystem.isdir(path):
            return []
        names = {entry.rstrip("/").rsplit("/", 1)[-1] for entry in filesystem.ls(path, detail=False)}
    return sorted(names - {path.rsplit("/", 1)[-1], ""})


def remove(uri: str) -> None:
    """Remove the file or folder that a URI names, if it is there.

    One by one: of many at once s3fs doesn't tell which it was not allowed to remove.
    """
    with _opened(uri) as (filesystem, path):
        for entry in filesystem.find(path):
            filesystem.rm_file(entry)
        if filesystem.exists(path):
            filesystem.rm(path, recursive=True)


def remove_others(uri: str, names: set[str]) -> None:
    """Remove all files of a folder but those named."""
    with _opened(uri) as (filesystem, path):
        for name in set(_names_below(filesystem, path, uri)) - names:
            filesystem.rm_file(f"{path}/{name}")


@contextmanager
def _opened(uri: str) -> Iterator[tuple[Any, str]]:
    """Give the fsspec filesystem of a URI and the path in it; what goes wrong with them names the URI."""
    from fsspec.core import url_to_fs

    if uri.startswith("hf://"):
        raise BadInput(f"{uri}: the hub is read from, never written to")
    options: dict[str, Any] = {"config_kwargs": S3} if _is_s3(uri) else {}
    with translated_errors(uri):
        try:
            filesystem, path = url_to_fs(uri, use_listings_cache=False, **options)
        except (ValueError, ImportError) as error:
            raise BadInput(f"{uri}: {error}") from error
        if _is_s3(uri):
            filesystem.retries = S3_ROUNDS
        yield filesystem, path.rstrip("/")


def _is_s3(uri: str) -> bool:
    return uri.startswith(("s3://", "s3a://"))


def _names_below(filesystem: Any, path: str, uri: str) -> list[str]:
    """Return the names of all files below a path; raise BadInput for one that leads outside.

    A name that ends in a slash is no file but what consoles put where a folder would be.
    """
    names = [entry.rpartition(f"{path}/")[2] for entry in filesystem.find(path) if not entry.endswith("/")]
    for name in names:
        if ".." in name.split("/") or name.startswith("/"):
            raise BadInput(f"{uri}: {name!r} is outside of it")
    return names
