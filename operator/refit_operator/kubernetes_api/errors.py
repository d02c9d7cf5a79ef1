"""Errors of the API server: Transient (reconcile again later) or Permanent (somebody has to change something)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from kubernetes.aio.client.exceptions import ApiException


class ClusterError(Exception):
    """The API server didn't do what was asked."""


class Transient(ClusterError):
    """Worth another attempt: unreachable, overloaded, or something changed since it was read."""


class Permanent(ClusterError):
    """The same request would be refused again: forbidden or invalid."""


class Forbidden(Permanent):
    """By a quota, by the operator's own rights, or by another admission. The operator can't lift it."""


class NotServed(Permanent):
    """The API server doesn't know the kind: its CustomResourceDefinition isn't installed."""


class Invalid(Permanent):
    """The object contradicts itself or its schema."""


_PERMANENT = {400: Permanent, 401: Permanent, 403: Forbidden, 405: Permanent, 415: Permanent, 422: Invalid}


def parse_status(error: ApiException) -> dict[str, Any]:
    """Return the `Status` document of an error answer, empty where there is none."""
    try:
        document = json.loads(error.body or "")
    except (TypeError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def describe(error: ApiException) -> str:
    """Return the API server's own sentence; never headers, which may carry credentials."""
    return str(parse_status(error).get("message") or f"{error.status} {error.reason}")


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the client raises into Transient or Permanent."""
    try:
        yield
    except ApiException as error:
        raise _PERMANENT.get(error.status, Transient)(describe(error)) from error
    except RecursionError as error:
        raise Permanent("API server: what it answered is nested too deeply to be read") from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise Transient(f"API server: {type(error).__name__}: {error}") from error
