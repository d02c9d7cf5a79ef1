"""The answer of a command: its termination message, which the operator reads from the pod's status."""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LIMIT = 4096  # bytes: what the kubelet keeps of a termination message
log = logging.getLogger(__name__)


def write_report(report: Mapping[str, Any]) -> None:
    """Write a report; the slices that don't fit are left out from the end, so callers put the worst first."""
    fitted = dict(report)
    slices = list(report.get("slices", {}).items())
    while len(_encode(fitted)) > LIMIT and slices:
        slices.pop()
        fitted["slices"] = dict(slices)
    if left_out := len(report.get("slices", {})) - len(slices):
        log.warning("report.shortened slices_left_out=%d", left_out)
    _write(_encode(fitted))


def write_error(message: str) -> None:
    """Write why the command failed, shortened to the limit."""
    while len(_encode({"error": message})) > LIMIT:
        message = f"{message[: len(message) * 9 // 10]}…"
    _write(_encode({"error": message}))


def _encode(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")


def _write(message: bytes) -> None:
    path = Path(os.environ.get("REFIT_TERMINATION_LOG", "/dev/termination-log"))
    try:
        path.write_bytes(message)
    except OSError as error:
        log.warning("report.not_written path=%s error=%s", path, error)
