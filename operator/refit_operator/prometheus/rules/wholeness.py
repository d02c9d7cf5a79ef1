"""Does an answer say that it isn't whole, or that something failed? Pure.

A value that is computed from a part of the data looks like any other. Each server of Prometheus' family has its own way
to say so: Thanos, Promxy, and Prometheus itself of a remote read, by `warnings`; VictoriaMetrics by `isPartial`;
M3 by headers. Warnings and infos of the query's own, which the engine writes, begin with PromQL.
"""

from collections.abc import Iterator, Mapping

_OF_THE_QUERY = ("PromQL info", "PromQL warning")
_NO = ("", "0", "false", "no", "none")
_LISTED = 3


class NotWhole(Exception):
    """The answer is computed from a part of the data; the message is what it says of that."""


class Failed(Exception):
    """The answer says that the query failed, though its status is 200."""


def check_whole(answer: object, headers: Mapping[str, str]) -> None:
    """Raise Failed or NotWhole where an answer, or a header of it, says so."""
    if not isinstance(answer, dict):
        return
    failures = [str(answer[name]) for name in ("error", "errorType") if answer.get(name)]
    if failures or answer.get("status", "success") != "success":
        raise Failed(failures[0] if failures else f"status {answer['status']}")
    signs = [*_notices(answer), *_flags(answer), *_headers(headers)]
    if signs:
        raise NotWhole("; ".join(signs[:_LISTED]))


def _notices(answer: dict[str, object]) -> Iterator[str]:
    for name in ("warnings", "infos"):
        found = answer.get(name) or []
        for notice in found if isinstance(found, list) else [found]:
            if not str(notice).startswith(_OF_THE_QUERY):
                yield str(notice)


def _flags(answer: dict[str, object]) -> Iterator[str]:
    data = answer.get("data")
    for place in (answer, data if isinstance(data, dict) else {}):
        for name, value in place.items():
            if "partial" in name.lower() and _is_said(value):
                yield f"{name} {value}"


def _headers(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        if any(word in name.lower() for word in ("partial", "results-limited", "warning")) and _is_said(value):
            yield f"{name}: {value}"


def _is_said(value: object) -> bool:
    return bool(value) and str(value).strip().lower() not in _NO
