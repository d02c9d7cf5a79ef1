"""A folder that a stock script wrote becomes a checkpoint: the judge makes the manifest that such a script doesn't."""

import logging
import shutil
from pathlib import Path
from typing import Any

from refit_trainer.config import Run
from refit_trainer.errors import BadInput
from refit_trainer.manifest import build_manifest, read_manifest, write_manifest
from refit_trainer.model_folder import MANIFEST, digest_folder, make_readable
from refit_trainer.object_store import write
from refit_trainer.storage import local_path, remove

log = logging.getLogger(__name__)
TRAINER_LEFTOVERS = ("training_args.bin", "checkpoint-*", "runs")  # what Trainer.save_model and its loop leave behind


def adopt(folder: Path, uri: str, run: Run, task: str) -> str:
    """Return a candidate's digest, verified against its manifest; make the manifest first where there is none."""
    manifest = read_manifest(folder)
    if manifest is None:
        manifest = _make_manifest(folder, uri, run, task)
        log.info("checkpoint.adopted uri=%s digest=%s", uri, manifest["digest"])
        return str(manifest["digest"])
    actual = digest_folder(folder)
    if actual != manifest["digest"]:
        raise BadInput(f"{uri} has the digest {actual}, but its manifest says {manifest['digest']}")
    return actual


def _make_manifest(folder: Path, uri: str, run: Run, task: str) -> dict[str, Any]:
    """Make the manifest in the folder and, where that is a copy, at the URI too, where the same leftovers go."""
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
