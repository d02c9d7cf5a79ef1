"""`refit-verify`: whether the checkpoint that a server is about to read is the one that the pointer names.

For servers that don't ask themselves, as an init container before them: a wrong digest fails the rollout. The digest is
computed over the files, as `refit-serve` does; what a manifest says of them isn't taken for it. Where a server wants
its model at one path, whichever it is, a link leads there, or what was fetched is put there.
"""

import logging
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refit_trainer.artifacts.model_folder import verify_folder
from refit_trainer.contract.errors import BadInput
from refit_trainer.storage.uris import fetch, local_path

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a server is to read: a folder of this container's own mounts, or a URI to fetch it from."""

    path: Path | None
    uri: str
    digest: str | None
    """What it has to be; None for a first model that is named without one."""


def verify(environment: Mapping[str, str]) -> dict[str, Any]:
    """Verify what MODEL_PATH or MODEL_URI names by MODEL_DIGEST, or INITIAL_MODEL_URI while the target has no pointer.

    Return what was verified, empty where there was nothing. Raises BadInput where the files, or what the variables say,
    aren't right, and StorageFailed where a store failed.
    """
    asked = read_pointer(environment) or read_initial(environment)
    if asked is None:
        log.info("verify.nothing the target has no checkpoint yet: the server starts its first model")
        return {"verified": ""}
    link, into = _link(environment, asked), _folder_for(environment, asked)
    folder = asked.path or fetch(asked.uri)
    digest = verify_folder(folder, asked.digest, asked.uri)
    if link:
        link.unlink(missing_ok=True)
        link.symlink_to(folder)
    if into:
        _move(folder, into)
    log.info("verify.done model=%s digest=%s", asked.uri, digest)
    return {"verified": asked.uri, "digest": digest}


def read_pointer(environment: Mapping[str, str]) -> Checkpoint | None:
    """Return what the variables name; None where they are empty, as while the target has no pointer.

    MODEL_URI may end with `@sha256:<digest>`, as refit.dev/checkpoint does; MODEL_DIGEST isn't needed then.
    """
    path, uri, digest = (environment.get(name, "") for name in ("MODEL_PATH", "MODEL_URI", "MODEL_DIGEST"))
    if "MODEL_PATH" not in environment and "MODEL_URI" not in environment:
        raise BadInput("neither MODEL_PATH nor MODEL_URI is set: read annotation refit.dev/model-path or model-uri")
    if path and uri:
        raise BadInput(f"MODEL_PATH={path} and MODEL_URI={uri} are both set: which one does the server read?")
    uri, own = _split(uri)
    wanted = _only({digest, own})
    if not path and not uri:
        _check_nothing_is_named(wanted)
        return None
    if not wanted:
        raise BadInput(
            f"MODEL_DIGEST is empty, and {path or uri} can't be verified without it: read annotation "
            "refit.dev/model-digest"
        )
    return _at(Path(path), path, wanted) if path else _at(local_path(uri), uri, wanted)


def read_initial(environment: Mapping[str, str]) -> Checkpoint | None:
    """Return the first model, whose digest may be left out; None where INITIAL_MODEL_URI is empty."""
    uri, digest = _split(environment.get("INITIAL_MODEL_URI", ""))
    return _at(local_path(uri), uri, _only({digest}) or None) if uri else None


def _split(uri: str) -> tuple[str, str]:
    place, at, digest = uri.rpartition("@sha256:")
    return (place, f"sha256:{digest}") if at else (uri, "")


def _only(digests: set[str]) -> str:
    given = sorted(digests - {""})
    if len(given) > 1:
        raise BadInput(f"MODEL_URI ends with another digest than MODEL_DIGEST says: {' and '.join(given)}")
    if given and not DIGEST.fullmatch(given[0]):
        raise BadInput(f"the digest {given[0]!r} isn't sha256: and 64 hexadecimal digits")
    return given[0] if given else ""


def _check_nothing_is_named(digest: str) -> None:
    if digest:
        raise BadInput(
            f"MODEL_DIGEST={digest} is set and the model's place is empty: checkpoints on a claim are in annotation "
            "refit.dev/model-path, others in refit.dev/model-uri"
        )


def _at(path: Path | None, uri: str, digest: str | None) -> Checkpoint:
    if path and not path.is_absolute():
        raise BadInput(f"MODEL_PATH={path} isn't an absolute path")
    if path and not path.exists():
        raise BadInput(f"{path} doesn't exist: mount the claim in this container at the path where the server has it")
    return Checkpoint(path, uri, digest)


def _link(environment: Mapping[str, str], asked: Checkpoint) -> Path | None:
    """Return where a link to the model is to be; None where none is."""
    given = environment.get("MODEL_LINK", "")
    if not given:
        return None
    link = Path(given)
    if asked.path is None:
        raise BadInput(f"MODEL_LINK={given} leads to a model on a claim, and {asked.uri} is fetched: set MODEL_DIR")
    if not link.parent.is_dir() or (link.exists() and not link.is_symlink()):
        raise BadInput(f"MODEL_LINK={given} must be a new name in an emptyDir that is mounted here and in the server")
    return link


def _folder_for(environment: Mapping[str, str], asked: Checkpoint) -> Path | None:
    """Return the folder that a fetched model goes to, None where it is only to be verified."""
    given = environment.get("MODEL_DIR", "")
    if not given:
        return None
    if asked.path:
        raise BadInput(f"MODEL_DIR={given} is for a model that is fetched, and {asked.path} is mounted: set MODEL_LINK")
    if not Path(given).is_dir():
        raise BadInput(f"MODEL_DIR={given} isn't a folder: mount an emptyDir there, in the server too")
    return Path(given)


def _move(folder: Path, into: Path) -> None:
    """Put verified files where the server reads them; what an earlier start left there goes first."""
    for old in into.iterdir():
        shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    for entry in sorted(folder.iterdir()):
        shutil.move(entry, into / entry.name)
