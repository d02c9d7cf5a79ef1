"""The saved states of a training beside its output: what the next attempt of the same run resumes from.

`.<output>.unfinished/step-40` is written under another name, flushed, sealed with the hashes of its files, and renamed:
it is there whole or not at all. A state names the run, configuration and library versions that it belongs to; one that
is torn, or belongs to something else, is logged as ignored and left alone.
"""

import json
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.picked import Picked, write_places
from refit_trainer.data.rows import RowSet, digest_rows
from refit_trainer.data.sources import find_places, pack_sources, unpack_sources
from refit_trainer.storage.files import flush, hash_file
from refit_trainer.storage.object_store import upload
from refit_trainer.storage.uris import fetch, list_names, local_path, make_scratch, remove

SEAL, ROWS, STAGING, ENCODED = "state.json", "rows.json", "writing", "encoded"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SavedState:
    """A whole state of this run: its folder, and the number of steps done."""

    folder: Path
    step: int


class StateStore:
    """The saved states of one run, and the one to resume from."""

    def __init__(self, output: str, identity: Mapping[str, Any]) -> None:
        """`identity`, JSON, is what must be equal for a state to be resumed from."""
        self._uri = states_uri(output)
        self._identity = identity
        self._rows: dict[str, Any] = {}
        self._root = local_path(self._uri) or make_scratch()
        self.saved = self._find()

    @property
    def staging(self) -> Path:
        """The folder to write the next state into, on the same file system as its final place."""
        return self._root / STAGING

    @property
    def encoded(self) -> Path:
        """The folder of encoded rows, which the next attempt finds where the output is on a volume."""
        return self._root / ENCODED

    @property
    def identity(self) -> Mapping[str, Any]:
        """What must be equal for a state to be resumed from."""
        return self._identity

    def reread_rows(self, read_all: Callable[[], RowSet]) -> RowSet | None:
        """Return the rows that the saved state was trained on, which are appended to meanwhile; None without a state.

        Where they have changed or are gone, the state can't be used and is left alone.
        """
        saved = self.saved
        if not saved:
            return None
        pinned = json.loads((saved.folder / ROWS).read_bytes())
        try:
            return _pick(pinned, read_all())
        except (BadInput, LookupError) as error:
            self.ignore(f"its rows can't be read again: {error}")
            return None

    def to_broadcast(self) -> dict[str, Any]:
        """Return what rank 0 sends to the other processes: the step to resume from, and its rows."""
        return {"step": self.saved.step if self.saved else None, "rows": self._rows}

    def follow_broadcast(self, first: Mapping[str, Any], read_all: Callable[[], RowSet]) -> RowSet:
        """Resume from rank 0's state, and return its rows; raise OSError where they aren't visible here."""
        if first["step"] is None:
            self.saved = None
        elif self.saved is None or self.saved.step != first["step"]:
            raise OSError(f"{self._uri}: the state of step {first['step']} isn't visible here")
        try:
            return _pick(first["rows"], read_all())
        except LookupError as error:
            raise OSError(f"rank 0's rows aren't visible here: {error}") from error

    def pin_rows(self, rows: RowSet) -> None:
        """Record which rows the following states are trained on."""
        sources = pack_sources(row.source for row in rows.rows)
        self._rows = {"digest": rows.digest, "newest": rows.newest, "replayed": rows.replayed, "sources": sources}

    def commit(self, folder: Path, step: int) -> None:
        """Seal a written folder and make it the state to resume from; earlier states are removed."""
        (folder / ROWS).write_text(json.dumps(self._rows))
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        seal = {"step": step, "of": self._identity, "files": {name: hash_file(folder / name) for name in names}}
        (folder / SEAL).write_text(json.dumps(seal))
        flush(folder)
        final = self._root / f"step-{step}"
        shutil.rmtree(final, ignore_errors=True)
        folder.rename(final)
        flush(self._root, deep=False)
        if local_path(self._uri) is None:
            upload(final, f"{self._uri}/{final.name}", last=SEAL)
            shutil.rmtree(final)
        self._remove_others(final.name)

    def _find(self) -> SavedState | None:
        for step in sorted(map(_step, list_names(self._uri)), reverse=True):
            if step < 0:
                continue
            folder = fetch(f"{self._uri}/step-{step}")
            problem = _problem(folder, self._identity)
            if problem is None:
                return SavedState(folder, step)
            log.info("state.ignored path=%s reason=%s", folder, problem)
        return None

    def ignore(self, reason: str) -> None:
        """Leave the saved state alone, so that the training begins again."""
        if self.saved:
            log.info("state.ignored path=%s reason=%s", self.saved.folder, reason)
        self.saved = None

    def _remove_others(self, name: str) -> None:
        for other in list_names(self._uri):
            if other not in (name, STAGING, ENCODED):
                remove(f"{self._uri}/{other}")


def temporary_states() -> StateStore:
    """Return a store for a training that is never resumed; its files are removed when the process ends."""
    return StateStore(f"{make_scratch().as_uri()}/out", {})


def _pick(pinned: Mapping[str, Any], rows: RowSet) -> RowSet:
    """Return the rows that were pinned; raise LookupError where they have changed or are gone."""
    places = write_places(find_places(rows.rows, unpack_sources(pinned["sources"])))
    chosen = Picked(rows.rows, places)
    found = RowSet(chosen, pinned["newest"], pinned["replayed"], rows.unread, digest_rows(chosen))
    if found.digest != pinned["digest"]:
        raise LookupError("they have changed")
    return found


def states_uri(output: str) -> str:
    """Return the URI of the folder that an output's states are in."""
    parent, _, name = output.rstrip("/").rpartition("/")
    return f"{parent}/.{name}.unfinished"


def _step(name: str) -> int:
    prefix, _, number = name.partition("-")
    return int(number) if prefix == "step" and number.isdecimal() else -1


def _problem(folder: Path, identity: Mapping[str, Any]) -> str | None:
    """Return why a state can't be resumed from; None where it can."""
    try:
        seal = json.loads((folder / SEAL).read_bytes())
        theirs, files = dict(seal["of"]), dict(seal["files"])
        torn = [name for name, digest in files.items() if hash_file(folder / name) != digest]
    except (OSError, ValueError, TypeError, KeyError) as error:
        return f"torn: {type(error).__name__}: {error}"
    if torn:
        return f"torn: {', '.join(torn)}"
    ours = json.loads(json.dumps(identity))
    different = [key for key in sorted({*ours, *theirs}) if ours.get(key) != theirs.get(key)]
    return f"another {', '.join(different)}" if different else None
