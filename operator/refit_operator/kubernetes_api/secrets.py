"""One key of one Secret, read fresh. What is wrong with it is an answer; its value is in none of the messages."""

from base64 import b64decode
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SecretProblem:
    """Why there is no value: the message names Secret and key."""

    message: str
    forbidden: bool = False


def forbidden_secret(namespace: str, name: str) -> SecretProblem:
    """Return the answer where the operator may not read the Secret."""
    message = f"the operator may not read Secret {name!r}: bind ClusterRole refit-secrets in namespace {namespace!r}"
    return SecretProblem(message, forbidden=True)


def read_key(secret: dict[str, Any] | None, name: str, key: str) -> str | SecretProblem:
    """Return the text under the key, without a line's end that a file left there."""
    if secret is None:
        return SecretProblem(f"there is no Secret {name!r}")
    data = secret.get("data") or {}
    if key not in data:
        return SecretProblem(f"Secret {name!r} has no key {key!r}")
    try:
        text = b64decode(data[key]).decode().rstrip("\r\n")
    except ValueError:
        text = ""
    return text or SecretProblem(f"key {key!r} of Secret {name!r} is empty or no text")
