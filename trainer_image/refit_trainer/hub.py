"""Models and data sets on the Hugging Face hub: `hf://[datasets/]owner/name[@revision][/path]`, read at one commit.

A branch moves; so a URI is pinned to the commit it names before it is used or recorded.
"""

import logging
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from refit_trainer.errors import BadInput
from refit_trainer.refusals import PICKLES
from refit_trainer.store_errors import naming

SCHEME = "hf://"
PLACE = re.compile(r"hf://(?P<datasets>datasets/)?(?P<repo>[^/@\s]+/[^/@\s]+)(@(?P<at>[^/@\s]+))?(/(?P<path>[^@\s]+))?")
COMMIT = re.compile(r"[0-9a-f]{40}")
# Of a model only: what may not be in its folder, and the same weights again for other frameworks.
LEFT_OUT = [f"*{suffix}" for suffix in (*sorted(PICKLES), ".msgpack", ".onnx", ".onnx_data", ".ot", ".tflite", ".gguf")]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """What a URI names: a repository, a revision of it (empty: the default branch), a file or folder in it or all."""

    repo: str
    is_dataset: bool
    revision: str
    path: str

    @property
    def kind(self) -> str:
        """The hub's word for the kind of repository."""
        return "dataset" if self.is_dataset else "model"

    def at(self, commit: str) -> str:
        """Return the URI of the same place at a commit."""
        path = f"/{self.path}" if self.path else ""
        return f"{SCHEME}{'datasets/' if self.is_dataset else ''}{self.repo}@{commit}{path}"


def parse_place(uri: str) -> Place:
    """Return what an `hf://` URI names; a revision's slashes are written `%2F`. Raise BadInput for another form."""
    found = PLACE.fullmatch(uri.rstrip("/"))
    if found is None:
        raise BadInput(f"{uri} isn't hf://owner/name, with datasets/ before and @revision or /path after it if need be")
    return Place(found["repo"], bool(found["datasets"]), unquote(found["at"] or ""), found["path"] or "")


def pin(uri: str) -> str:
    """Return the URI with the commit that its revision is now; raise BadInput where there is none."""
    from huggingface_hub import HfApi

    place = parse_place(uri)
    if COMMIT.fullmatch(place.revision):
        return place.at(place.revision)
    with naming(uri):
        commit = HfApi().repo_info(place.repo, repo_type=place.kind, revision=place.revision or None).sha
    log.info("hub.pinned uri=%s commit=%s", uri, commit)
    return place.at(str(commit))


def copy(uri: str, into: Path) -> Path:
    """Copy what a URI names into a folder and return the path of the copy; raise BadInput where there is nothing."""
    from huggingface_hub import snapshot_download

    pinned = pin(uri)
    place, target = parse_place(pinned), into / "files"
    with naming(uri):
        snapshot_download(
            place.repo,
            repo_type=place.kind,
            revision=place.revision,
            cache_dir=into / "cache",
            local_dir=target,
            allow_patterns=[place.path, f"{place.path}/*"] if place.path else None,
            ignore_patterns=None if place.is_dataset else LEFT_OUT,
        )
    shutil.rmtree(target / ".cache", ignore_errors=True)  # the client's own notes
    if not (target / place.path).exists():
        raise BadInput(f"{pinned} doesn't exist")
    return target / place.path
