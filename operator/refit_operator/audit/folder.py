"""A folder of audit documents: each is a file that appears whole, and is never written again."""

import os
from pathlib import Path

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
    file, text = folder / path_of(document), document.text()
    if file.exists():
        if file.read_text() != text:  # an operator of another version began, or somebody wrote there
            log.warning("audit document is there, and differs", run=f"{document.namespace}/{document.run}")
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".part")
    with half.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    half.replace(file)
    for changed in (file.parent, folder):
        _sync(changed)


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
