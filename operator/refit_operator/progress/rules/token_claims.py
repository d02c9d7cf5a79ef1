"""What a token says of itself, before anybody is asked whether that is true. Pure.

Tokens that Kubernetes projects into pods are JSON Web Tokens (RFC 7519). One that names another audience, no pod or a
time that has passed is refused by the API server too, but at the price of a request. Nothing here proves that a token
is genuine.
"""

import base64
import binascii
import json
from datetime import datetime, timedelta
from typing import Any

from refit_operator.api.progress import PROGRESS_AUDIENCE

LONGEST_TOKEN = 8 * 1024
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far this process' clock and the API server's may be apart."""


def is_plausible(token: str, now: datetime) -> bool:
    """Say whether the API server may know this as a pod's token for progress reports."""
    claims = _read_claims(token)
    expires, bound = claims.get("exp"), claims.get("kubernetes.io")
    return (
        _names_audience(claims.get("aud"))
        and isinstance(expires, int | float)
        and now.timestamp() < expires + CLOCK_TOLERANCE.total_seconds()
        and isinstance(bound, dict)
        and isinstance(bound.get("pod"), dict)
    )


def _names_audience(audience: Any) -> bool:
    """Say whether `aud` is, or lists, ours."""
    return PROGRESS_AUDIENCE in audience if isinstance(audience, list) else audience == PROGRESS_AUDIENCE


def _read_claims(token: str) -> dict[str, Any]:
    """Return the claims, empty where this is no signed JSON Web Token."""
    parts = token.split(".") if len(token) <= LONGEST_TOKEN else []
    if len(parts) != 3 or not all(parts):
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
