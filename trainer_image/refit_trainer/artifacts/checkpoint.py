"""Publication: a checkpoint is there whole, under its final name, or it isn't there.

The folder is written under a temporary name beside its final one, flushed to disk, given its manifest, and renamed. A
process killed at any moment leaves at most a hidden folder, which the next attempt of the run removes. What knows no
rename, an object store, is in `upload`.
"""

import logging
import shutil
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from refit_trainer.artifacts import upload
from refit_trainer.artifacts.manifest import build_manifest, is_of_run, parse_manifest, read_manifest
from refit_trainer.artifacts.model_folder import MANIFEST, make_readable
from refit_trainer.artifacts.retention import find_abandoned
from refit_trainer.contract.config import Run
from refit_trainer.contract.errors import BadInput
from refit_trainer.storage.files import flush, write_json
from refit_trainer.storage.uris import local_path, make_scratch, remove

log = logging.getLogger(__name__)
Save = Callable[[Path], None]


def find_published(uri: str, run: Run) -> dict[str, Any] | None:
    """Return the manifest where this very run has published already; raise BadInput where something else is there."""
    manifest = _manifest_at(uri)
    if is_of_run(manifest, run):
        return manifest
    if manifest is not None:
        raise BadInput(f"output={uri}: another run's checkpoint is there: {manifest.get('run')}")
    if _is_taken(uri):
        raise BadInput(f"output={uri}: something without a manifest is there")
    return None


def publish(uri: str, run: Run, task: str, save: Save, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write a checkpoint by `save` and publish it; return its manifest, or the one this run published meanwhile."""
    target = local_path(uri)
    if target is None:
        folder = make_scratch() / "checkpoint"
        folder.mkdir()
        manifest = _write(folder, run, task, save, facts)
        found = find_published(uri, run)
        if found is None:
            upload.publish(folder, uri)
        return found or manifest
    _remove_partial(target)
    folder = hidden_sibling(target)
    folder.mkdir(parents=True)
    manifest = _write(folder, run, task, save, facts)
    return manifest if _rename(folder, target) else _published_by_other_attempt(folder, uri, run)


def unpublish(uri: str) -> None:
    """Remove a checkpoint so that a part of it is never taken for a whole one: it is renamed to a hidden name first."""
    target = local_path(uri)
    if target is None:
        upload.unpublish(uri)
        return
    hidden = hidden_sibling(target)
    target.rename(hidden)
    flush(target.parent, deep=False)
    shutil.rmtree(hidden)


def prepare_output(uri: str, run: Run) -> None:
    """Fail before the training rather than after it where nothing can be written; remove what killed attempts left."""
    target = local_path(uri)
    if target:
        target.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=target.parent).close()
    else:
        upload.write_marker(uri, run)
    remove_leftovers(uri)


def remove_upload_marker(uri: str) -> None:
    """Remove the marker of an upload, once it is published."""
    if local_path(uri) is None:
        upload.remove_marker(uri)


def remove_leftovers(uri: str) -> None:
    """Remove what attempts of this run and of its monitor's earlier ones never published; the run's own state stays."""
    _remove_partial(local_path(uri))
    for old in find_abandoned(uri):
        log.info("checkpoint.leftover_removed uri=%s", old)
        if output := upload.output_of_marker(old):
            upload.remove_marker(output)
        else:
            remove(old)


def hidden_sibling(target: Path) -> Path:
    """Return a new hidden name beside a checkpoint; `remove_leftovers` removes what is left under it."""
    return target.parent / f".{target.name}.{uuid.uuid4().hex}.partial"


def _remove_partial(target: Path | None) -> None:
    for leftover in target.parent.glob(f".{_escape(target.name)}.*.partial") if target else ():
        log.info("checkpoint.leftover_removed path=%s", leftover)
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _write(folder: Path, run: Run, task: str, save: Save, facts: Mapping[str, Any]) -> dict[str, Any]:
    save(folder)
    manifest = build_manifest(folder, run, task, facts)
    make_readable(folder)
    for path in sorted(folder.rglob("*")):
        flush(path, deep=False)
    write_json(folder / MANIFEST, manifest)
    flush(folder, deep=False)
    return manifest


def _rename(folder: Path, target: Path) -> bool:
    """Rename onto nothing or an empty folder; False where another attempt was faster."""
    try:
        folder.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        return False
    flush(target.parent, deep=False)
    return True


def _published_by_other_attempt(folder: Path, uri: str, run: Run) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    manifest = find_published(uri, run)
    if manifest is None:
        raise OSError(f"{uri} couldn't be renamed into place")
    return manifest


def _manifest_at(uri: str) -> dict[str, Any] | None:
    folder = local_path(uri)
    if folder is not None:
        return read_manifest(folder)
    contents = upload.read_manifest(uri)
    return None if contents is None else parse_manifest(contents, uri)


def _is_taken(uri: str) -> bool:
    """Tell whether something is there that may not be written over."""
    folder = local_path(uri)
    if folder is None:
        return upload.is_taken(uri)
    return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))


def _escape(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
