"""From a request's bytes to its JSON document: bounded, strict, and in Unicode that can be written again."""

import base64
import json
import math
import re
from collections.abc import Iterator
from typing import Any

from refit_serving.refusals import InvalidRequest, Refused
from refit_trainer.data.blob import Blob

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def parse(body: bytes) -> Any:
    """Return the JSON document of a body; raise Refused where it is none, or none that can be written again."""
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_parse_float)
        if _HALF.search(body):  # one escape of a pair; most bodies have none
            json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise InvalidRequest(f"a string has {half!r}, half of a character: it was cut in the middle of one") from None
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"not JSON: {error}") from None
    return document


def render(document: Any) -> bytes:
    """Return a document as JSON; contents are in base64, as requests give them."""
    return json.dumps(document, ensure_ascii=False, default=_encode).encode(errors="replace")


def _encode(value: Any) -> str:
    if isinstance(value, Blob):
        return base64.b64encode(value.read()).decode()
    raise TypeError(f"{type(value).__name__} isn't JSON")


def parts_of(document: Any) -> Iterator[Any]:
    """Yield a document's value and all names and values that are in it, however deep."""
    left = [document]
    while left:
        one = left.pop()
        yield one
        if isinstance(one, dict):
            left.extend((*one.keys(), *one.values()))
        elif isinstance(one, list):
            left.extend(one)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _parse_float(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise ValueError(f"{digits:.20} is too large a number")
    return number
