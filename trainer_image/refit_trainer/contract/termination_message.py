"""The termination message of a command, which the operator reads from the pod's status."""

import hashlib
import json
import logging
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from refit_trainer.contract.constants import TERMINATION_MESSAGE_BYTES

LONGEST_NAME = 80  # bytes of a slice's name
log = logging.getLogger(__name__)


def write_report(report: Mapping[str, Any]) -> None:
    """Write a report, cut to the limit: the last slices are left out, then the last metrics.

    Numbers that JSON doesn't know are left out, and long names are shortened.
    """
    fitted = _finite(report)
    slices = list(fitted.get("slices", {}).items())
    shown = _fit(fitted, slices)
    while len(_encode(fitted)) > TERMINATION_MESSAGE_BYTES and (longest := max(_metrics(fitted), key=len)):
        longest.popitem()
    if left_out := len(slices) - shown:
        log.warning("report.shortened slices_left_out=%d", left_out)
    _write(_encode(fitted))


def _fit(report: dict[str, Any], slices: list[tuple[str, Any]]) -> int:
    """Put as many slices into a report as it has room for, and return how many."""
    if not slices:
        return 0
    report["slices"] = {}
    room = TERMINATION_MESSAGE_BYTES - len(_encode(report))
    for shown, (name, part) in enumerate(slices):
        entry = {_shorten(name): part}
        room -= len(_encode(entry)) - 1  # a comma for the braces
        if room < 0:
            return shown
        report["slices"] |= entry
    return len(slices)


def _shorten(name: str) -> str:
    """Return a name that is short enough, and still distinct from others with the same beginning."""
    if len(name.encode(errors="replace")) <= LONGEST_NAME:
        return name
    cut = name.encode(errors="replace")[: LONGEST_NAME - 12].decode(errors="ignore")
    return f"{cut}…{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]}"


def _metrics(report: Mapping[str, Any]) -> list[dict[str, float]]:
    parts = [report, *(part for part in report.values() if isinstance(part, dict))]
    return [part["metrics"] for part in parts if isinstance(part.get("metrics"), dict)] or [{}]


def _finite(value: Any) -> Any:
    """Return a copy without numbers that aren't finite."""
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items() if not _is_odd(inner)}
    return value


def _is_odd(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def clear_message() -> None:
    """Forget what was written before, so that what this command's workers write is known to be theirs."""
    _write(b"")


def write_error(message: str, is_consequence: bool = False) -> None:
    """Write why the command failed, shortened to the limit.

    Of a machine's workers one may end because another did: such a consequence doesn't replace the reason.
    """
    if is_consequence and "TORCHELASTIC_RUN_ID" in os.environ and _has_message():
        return
    while len(_encode({"error": message})) > TERMINATION_MESSAGE_BYTES:
        message = f"{message[: len(message) * 9 // 10]}…"
    _write(_encode({"error": message}))


def _encode(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")


def _path() -> Path:
    return Path(os.environ.get("REFIT_TERMINATION_LOG", "/dev/termination-log"))


def _has_message() -> bool:
    try:
        return _path().stat().st_size > 0
    except OSError:
        return False


def _write(message: bytes) -> None:
    path = _path()
    try:
        path.write_bytes(message)
    except OSError as error:
        log.warning("report.not_written path=%s error=%s", path, error)
