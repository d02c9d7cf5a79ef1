"""Models and data sets on the Hugging Face hub: `hf://[datasets/]owner/name[@revision][/path]`, read at one commit.

A branch moves; so a URI is pinned to the commit it names before it is used or recorded.
"""

import logging
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from refit_trainer.contract.errors import BadInput
from refit_trainer.storage.errors import translated_errors
from refit_trainer.storage.files import PICKLES

SCHEME = "hf://"
URI = re.compile(r"hf://(?P<datasets>datasets/)?(?P<repo>[^/@\s]+/[^/@\s]+)(@(?P<at>[^/@\s]+))?(/(?P<path>[^@\s]+))?")
COMMIT = re.compile(r"[0-9a-f]{40}")
# Of a model only: what may not be in its folder, and the same weights again for other frameworks.
LEFT_OUT = [f"*{suffix}" for suffix in (*sorted(PICKLES), ".msgpack", ".onnx", ".onnx_data", ".ot", ".tflite", ".gguf")]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HubUri:
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


def parse_uri(uri: str) -> HubUri:
    """Return what an `hf://` URI names; a revision's slashes are written `%2F`. Raise BadInput for another form."""
    found = URI.fullmatch(uri.rstrip("/"))
    if found is None:
        raise BadInput(f"{uri} isn't hf://owner/name, with datasets/ before and @revision or /path after it if need be")
    return HubUri(found["repo"], bool(found["datasets"]), unquote(found["at"] or ""), found["path"] or "")


def pin(uri: str) -> str:
    """Return the URI with the commit that its revision is now; raise BadInput where there is none."""
    from huggingface_hub import HfApi

    named = parse_uri(uri)
    if COMMIT.fullmatch(named.revision):
        return named.at(named.revision)
    with translated_errors(uri):
        commit = HfApi().repo_info(named.repo, repo_type=named.kind, revision=named.revision or None).sha
    log.info("hub.pinned uri=%s commit=%s", uri, commit)
    return named.at(str(commit))


def download(uri: str, into: Path) -> Path:
    """Copy what a URI names into a folder and return its path; raise BadInput where there is nothing."""
    from huggingface_hub import snapshot_download

    pinned = pin(uri)
    named, target = parse_uri(pinned), into / "files"
    with translated_errors(uri):
        snapshot_download(
            named.repo,
            repo_type=named.kind,
            revision=named.revision,
            cache_dir=into / "cache",
            local_dir=target,
            allow_patterns=[named.path, f"{named.path}/*"] if named.path else None,
            ignore_patterns=None if named.is_dataset else LEFT_OUT,
        )
    shutil.rmtree(target / ".cache", ignore_errors=True)  # the client's own notes
    if not (target / named.path).exists():
        raise BadInput(f"{pinned} doesn't exist")
    return target / named.path
