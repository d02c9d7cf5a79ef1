"""Whatever can go wrong between operator and Prometheus, as a kind and a sentence.

No exception's own text gets into a message: requests quotes addresses and, in InvalidHeader, whole header values.
Of an answer only what the server says of it is quoted, `error` and `warnings`, with every secret redacted.
"""

import json
from collections.abc import Iterable

import requests
import urllib3.exceptions

from refit_operator.prometheus.rules.reading import FailureKind
from refit_operator.prometheus.rules.responses import OffGrid
from refit_operator.prometheus.rules.sentences import one_line
from refit_operator.prometheus.rules.wholeness import Failed, NotWhole
from refit_operator.prometheus.session import MAX_ANSWER, AnswerTooLarge, UnexpectedStatus

# What may be raised by asking: all else is a bug of ours, and goes up as one.
EXPECTED = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    UnexpectedStatus,
    AnswerTooLarge,
    Failed,
    NotWhole,
    OSError,  # requests lets some through; TimeoutError is one of them
    ValueError,  # among them pydantic's, json's and unicode's
    KeyError,  # prometheus-api-client, on an answer without data
    TypeError,
    AttributeError,
    OverflowError,  # times without end, such as 1e999
    RecursionError,  # json, on deep nesting
)

_KINDS: tuple[tuple[tuple[type[Exception], ...], FailureKind, str], ...] = (
    ((AnswerTooLarge,), FailureKind.TooLarge, f"its answer is larger than {MAX_ANSWER // 1024} KiB"),
    (
        (requests.exceptions.SSLError, urllib3.exceptions.SSLError),
        FailureKind.Tls,
        "no trusted TLS connection: check the CA, the host's name and that it speaks TLS",
    ),
    (
        (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError),
        FailureKind.Timeout,
        "it didn't answer in time",
    ),
    (
        (requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError),
        FailureKind.Malformed,
        "its answer can't be unpacked",
    ),
    (
        (requests.ConnectionError, urllib3.exceptions.ProtocolError, ConnectionError),
        FailureKind.Refused,
        "no connection, or it broke off",
    ),
    (
        (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader, requests.exceptions.InvalidSchema),
        FailureKind.Malformed,
        "the address, or a header of the question or the answer, isn't valid",
    ),
    (
        (OffGrid,),
        FailureKind.Malformed,
        "it answered for other times than were asked for: a query frontend may be aligning them",
    ),
)


def explain(error: Exception, secrets: Iterable[str]) -> tuple[FailureKind, str]:
    """Give an expected exception's kind and a sentence about it."""
    if isinstance(error, UnexpectedStatus):
        return _explain_status(error, secrets)
    if isinstance(error, Failed):
        return FailureKind.ServerError, f"it answered 200, and an error: {_quote(str(error), secrets)}"
    if isinstance(error, NotWhole):
        said = _quote(str(error), secrets)
        return FailureKind.Partial, f"its answer is computed from a part of the data, it says: {said}"
    for types, kind, sentence in _KINDS:
        if isinstance(error, types):
            return kind, sentence
    return FailureKind.Malformed, "its answer isn't one of Prometheus'"


def _explain_status(error: UnexpectedStatus, secrets: Iterable[str]) -> tuple[FailureKind, str]:
    reported = _prometheus_error(error.body)
    kind = _kind_of_status(error.status, is_prometheus=reported is not None)
    sentence = f"it answered {error.status}"
    return kind, f"{sentence}: {_quote(reported, secrets)}" if reported else sentence


def _kind_of_status(status: int, is_prometheus: bool) -> FailureKind:
    """Blame the query only if Prometheus itself does: a TLS port answers 400 to plain HTTP, too."""
    match status:
        case 401 | 403 | 407:
            return FailureKind.Unauthorized
        case 400 | 422 if is_prometheus:
            return FailureKind.BadQuery
        case 429:
            return FailureKind.ServerError
        case _ if 300 <= status < 400:
            return FailureKind.Redirect
        case _ if 500 <= status < 600:
            return FailureKind.ServerError
        case _:
            return FailureKind.Malformed


def _prometheus_error(body: bytes) -> str | None:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _quote(text: str, secrets: Iterable[str]) -> str:
    return one_line(_redact(text, secrets))


def _redact(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
