"""A folder that a stock script wrote becomes a checkpoint: the judge writes the manifest that such a script doesn't."""

import logging
import shutil
from pathlib import Path
from typing import Any

from refit_trainer.artifacts.manifest import build_manifest, read_manifest, write_manifest
from refit_trainer.artifacts.model_folder import MANIFEST, digest_folder, make_readable
from refit_trainer.contract.config import Run
from refit_trainer.contract.errors import BadInput
from refit_trainer.storage.object_store import write
from refit_trainer.storage.uris import local_path, remove

log = logging.getLogger(__name__)
TRAINER_LEFTOVERS = ("training_args.bin", "checkpoint-*", "runs")  # what Trainer.save_model and its loop leave behind


def ensure_manifest(folder: Path, uri: str, run: Run, task: str) -> str:
    """Return a candidate's digest, verified against its manifest; write the manifest where there is none."""
    manifest = read_manifest(folder)
    if manifest is None:
        manifest = _write_manifest(folder, uri, run, task)
        log.info("checkpoint.manifest_written uri=%s digest=%s", uri, manifest["digest"])
        return str(manifest["digest"])
    actual = digest_folder(folder)
    if actual != manifest["digest"]:
        raise BadInput(f"{uri} has the digest {actual}, but its manifest says {manifest['digest']}")
    return actual


def _write_manifest(folder: Path, uri: str, run: Run, task: str) -> dict[str, Any]:
    """Remove leftovers and write the manifest, in the folder and, where that is a copy, at the URI too."""
    is_copy = local_path(uri) is None
    for pattern in TRAINER_LEFTOVERS:
        for leftover in folder.glob(pattern):
            log.info("checkpoint.leftover_removed path=%s", leftover)
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
            if is_copy:
                remove(f"{uri}/{leftover.name}")
    manifest = build_manifest(folder, run, task, {})
    make_readable(folder)
    write_manifest(folder, manifest)
    if is_copy:
        write(f"{uri}/{MANIFEST}", (folder / MANIFEST).read_bytes())
    return manifest
