"""From a URI to files and back: `file://` in place, everything else by a copy."""

import atexit
import shutil
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from refit_trainer.contract.errors import BadInput
from refit_trainer.storage import hub, object_store


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
        download = hub.download if uri.startswith(hub.SCHEME) else object_store.download
        return download(uri, make_scratch())
    if not path.exists():
        raise BadInput(f"{uri} doesn't exist")
    return path


def pin(uri: str) -> str:
    """Return the URI of the present version where the store has versions: the hub's commits."""
    return hub.pin(uri) if uri.startswith(hub.SCHEME) else uri


def list_names(uri: str) -> list[str]:
    """Return the names in the folder that a URI names; none where there is no such folder."""
    path = local_path(uri)
    if path is None:
        return object_store.list_names(uri)
    return sorted(entry.name for entry in path.iterdir()) if path.is_dir() else []


def remove(uri: str) -> None:
    """Remove the file or folder that a URI names, if it is there."""
    path = local_path(uri)
    if path is None:
        object_store.remove(uri)
    elif path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def make_scratch() -> Path:
    """Make a folder that is removed when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="refit-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
