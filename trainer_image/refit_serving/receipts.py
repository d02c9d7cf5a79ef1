"""Receipts: what proves to any pod of a deployment, and after a restart, that an answer was given.

A receipt holds id, digest of the input, answer and model, with an HMAC over them by a key that the pods share.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import encode_values

SHORTEST_KEY = 16  # bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was given: to which id and input, what, by which model."""

    id: str
    input: str
    predicted: Any
    model: str
    chosen: bool = False
    """Whether it was handed out to be labelled: such answers are no fair sample of all."""


class Receipts:
    """Writes and reads receipts with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, answer: Answer) -> str:
        """Return the receipt for an answer."""
        fields = {name: value for name, value in asdict(answer).items() if name != "chosen" or value}
        content = _encode(json.dumps(fields, separators=(",", ":")).encode())
        return f"{content}.{self._sign(content)}"

    def read(self, receipt: str) -> Answer | None:
        """Return the answer that a receipt proves; None where the key isn't this one, or anything was changed."""
        content, _, signature = receipt.rpartition(".")
        if not hmac.compare_digest(self._sign(content).encode(), signature.encode()):
            return None
        try:
            return Answer(**json.loads(base64.urlsafe_b64decode(content)))
        except (binascii.Error, ValueError, TypeError):
            return None  # of another version with this key

    def _sign(self, content: str) -> str:
        return _encode(hmac.digest(self._key, b"receipt " + content.encode(), hashlib.sha256))


def digest_input(value: Any) -> str:
    """Return what an input is known by in receipts."""
    return hashlib.sha256(encode_values(value)).hexdigest()


def read_key(path: Path | None) -> bytes:
    """Return the key in a file, which is made where there is none; a key of this process alone where none is named."""
    if path is None:
        return secrets.token_bytes(32)
    try:
        if not path.exists():
            _make_key(path)
        key = path.read_bytes().strip()
    except OSError as error:
        raise BadInput(f"RECEIPT_KEY_FILE={path}: {error}") from None
    if len(key) < SHORTEST_KEY:
        raise BadInput(f"RECEIPT_KEY_FILE={path} has {len(key)} bytes; a key has at least {SHORTEST_KEY}")
    return key


def _make_key(path: Path) -> None:
    """Make a key, unless another pod makes it first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink()


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode()
