"""What a hostile vector is: what the attacker has, what it sends, and by which words it is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Document = dict[str, Any]
MONITORS = "/apis/refit.dev/v1alpha1/namespaces/{ns}/modelmonitors"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


class Entry(StrEnum):
    """Where a vector is played."""

    API_SERVER = "API server"
    INSTALLED = "API server with that kind installed"
    OPERATOR = "running operator"
    ENDPOINT = "progress endpoint"
    FUNCTION = "function"


@dataclass(frozen=True)
class Request:
    """A request to the API server, of which nothing is kept there; `{ns}` in its path is the namespace of the play.

    A user without a colon is one of that namespace, none is the cluster's administrator.
    """

    method: str
    path: str
    body: Document | None = None
    user: str = ""
    group: str = ""
    kind: str = "application/json"
    is_strict: bool = True
    """Whether fields that the schema doesn't know are refused; else they are dropped."""


@dataclass(frozen=True)
class Vector:
    """One attempt. For the running operator it is a monitor's spec, for the endpoint a header, for a function a call
    that returns its refusal, empty where it refuses nothing.
    """

    name: str
    sends: Request | Document | str | Callable[[], str]
    refusal: str
    """A regular expression that is found in the answer."""
    dropped: tuple[str | int, ...] = ()
    """The path of a field that isn't kept: then the rest may be taken."""


@dataclass(frozen=True)
class Family:
    """Vectors of one attacker, and what the same attacker may do: so a refusal isn't only a broken request."""

    name: str
    attacker: str
    entry: Entry
    vectors: tuple[Vector, ...]
    allowed: tuple[Vector, ...] = ()


def creates(document: Document, user: str, path: str = MONITORS, **more: Any) -> Request:
    """A creation."""
    return Request("POST", path, document, user, **more)


def changes(path: str, patch: Document, user: str, kind: str = MERGE, **more: Any) -> Request:
    """A change of what is there."""
    return Request("PATCH", path, patch, user, kind=kind, **more)
