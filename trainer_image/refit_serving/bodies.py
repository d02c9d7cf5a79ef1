"""From a request's bytes to its JSON document: bounded, strict, and in Unicode that can be written again."""

import json
import math
import re
from typing import Any

from refit_serving.documents import InvalidRequest

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


class NotJson(Exception):
    """A body is no JSON document."""


def parse(body: bytes) -> Any:
    """Return the JSON document of a body; raise NotJson, or InvalidRequest for half of a character in a string."""
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_parse_float)
        if _HALF.search(body):  # one escape of a pair; most bodies have none
            json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise InvalidRequest(f"a string has {half!r}, half of a character: it was cut in the middle of one") from None
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from None
    return document


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _parse_float(digits: str) -> float:
    if not math.isfinite(number := float(digits)):
        raise ValueError(f"{digits:.20} is too large a number")
    return number
