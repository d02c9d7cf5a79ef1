"""A folder of audit documents: each is a file that appears whole, and is never written again."""

import json
import os
from pathlib import Path
from uuid import uuid4

import structlog

from refit_operator.api.audit import AuditDocument

log = structlog.get_logger()


def path_of(document: AuditDocument) -> Path:
    """Return where a document is in the folder. The UID tells runs of one name apart, as in a namespace made again."""
    return Path(document.namespace) / f"{document.run}.{document.id}.json"


def write(folder: Path, document: AuditDocument) -> None:
    """Write a document unless it is there. Raises OSError.

    It is on the disk before this returns, so that what is recorded afterwards is true after any crash.
    """
    file, content = folder / path_of(document), document.text().encode()
    if not _is_there(file, document, content):
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_suffix(f".{uuid4().hex}.part")  # another process may write it as well
        with half.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        half.replace(file)
    for changed in (file.parent, folder):
        _sync(changed)


def _is_there(file: Path, document: AuditDocument, content: bytes) -> bool:
    """Tell whether a file has the document; one that is none, as a volume leaves it after a crash, is put aside."""
    if not file.exists():
        return False
    found = file.read_bytes()
    if found == content:
        return True
    about = f"{document.namespace}/{document.run}"
    if _is_document(found, document.id):  # an operator of another version began
        log.warning("audit document is there, and differs", run=about)
        return True
    aside = file.with_suffix(f".{uuid4().hex}.damaged")
    log.error("audit document is damaged: it is put aside and written again", run=about, aside=str(aside))
    file.replace(aside)
    return False


def _is_document(content: bytes, id: str) -> bool:
    try:
        found = json.loads(content)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("id") == id


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
