"""The facts of a run beside its weights: written last, so a folder with a manifest is a whole checkpoint."""

import json
import platform
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from refit_trainer.artifacts.model_folder import MANIFEST, digest_files, hash_files
from refit_trainer.contract.config import Run
from refit_trainer.contract.errors import BadInput
from refit_trainer.storage.files import write_json

LIBRARIES = ("torch", "transformers", "accelerate", "safetensors", "scikit-learn", "xgboost-cpu")


def build_manifest(folder: Path, run: Run, task: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest of a model folder; `facts` are the run's own (rows, seconds, metrics, base, data…)."""
    files = hash_files(folder)
    return {
        "version": 1,
        "digest": digest_files(files),
        "files": files,
        "task": task,
        **facts,
        "versions": library_versions(),
        "run": run.model_dump(),
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return a folder's manifest, None where there is none; raise BadInput where it can't be read as one."""
    try:
        contents = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return parse_manifest(contents, str(folder))


def parse_manifest(contents: bytes, where: str) -> dict[str, Any]:
    """Return the manifest that a file holds; raise BadInput, which says where it is, for anything else."""
    try:
        manifest = json.loads(contents)
    except ValueError as error:
        raise BadInput(f"{where}/{MANIFEST} isn't JSON: {error}") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("digest"), str):
        raise BadInput(f"{where}/{MANIFEST} isn't a manifest")
    return manifest


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write a manifest so that it is there whole or not at all."""
    unfinished = folder.parent / f".{folder.name}.{uuid.uuid4().hex}.partial"
    write_json(unfinished, manifest)
    unfinished.rename(folder / MANIFEST)


def is_of_run(manifest: Mapping[str, Any] | None, run: Run) -> bool:
    """Tell whether a manifest is this very run's."""
    return manifest is not None and (manifest.get("run") or {}).get("uid") == run.uid


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that make a model."""
    found = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
