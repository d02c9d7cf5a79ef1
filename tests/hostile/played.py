"""Vectors played where they lead, and what was answered."""

import json
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.hostile.vectors import Document, Family, Request, Vector
from tests.support.cluster.api_server import ApiServer
from tests.support.cluster.kubectl import Space
from tests.support.cluster.objects import monitor
from tests.support.local import until


@dataclass(frozen=True)
class Played:
    """A vector, and what became of it."""

    family: Family
    vector: Vector
    answer: str
    is_through: bool

    @property
    def is_told(self) -> bool:
        """Whether it was refused, and for the reason that it should be."""
        return not self.is_through and re.search(self.vector.refusal, self.answer) is not None

    @property
    def line(self) -> str:
        verdict = "THROUGH" if self.is_through else "refused" if self.is_told else "REFUSED OTHERWISE"
        return f"{verdict}: {self.vector.name}\n    {self.answer}"


Answer = tuple[str, bool]


def play_function(vector: Vector) -> Answer:
    assert callable(vector.sends)
    said = vector.sends()
    return said, not said


def play_request(server: ApiServer, namespace: str, vector: Vector) -> Answer:
    """Send it, so that nothing is kept."""
    request = vector.sends
    assert isinstance(request, Request)
    user = request.user if ":" in request.user or not request.user else f"{request.user}@{namespace}"
    status, text = server.ask(
        request.method,
        with_options(request.path.format(ns=namespace), request),
        request.body,
        request.kind,
        Impersonate_User=user or ("admin" if request.group else ""),
        Impersonate_Group=request.group,
    )
    document: Document = json.loads(text) if text.startswith("{") else {"message": text}
    if status >= 400:
        return f"{status} {document.get('message')}", False
    if not vector.dropped:
        return f"{status} {document.get('kind')} {document.get('metadata', {}).get('name', '')}", True
    kept = found_at(document, vector.dropped)
    return f"{status}, without {vector.dropped[-1]}" if kept is None else f"{status}, with {kept!r}", kept is not None


def with_options(path: str, request: Request) -> str:
    """Return the path with the options of a request that changes nothing."""
    if request.method == "GET":
        return path
    strictness = "Strict" if request.is_strict else "Ignore"
    return f"{path}{'&' if '?' in path else '?'}dryRun=All&fieldValidation={strictness}"


def found_at(document: Any, path: Iterable[str | int]) -> Any:
    """Return what is at the path, None where nothing is."""
    for part in path:
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            return None
    return document


REFUSALS = ("QueryRefused", "SourceForbidden", "SecretMissing")


def play_monitors(server: ApiServer, space: Space, vectors: tuple[Vector, ...]) -> list[Answer]:
    """Store the monitors where the operator runs; return what each is told, at its creation or by the operator."""
    path = f"/apis/refit.dev/v1alpha1/namespaces/{space.name}/modelmonitors"
    refused: dict[str, str] = {}
    for number, vector in enumerate(vectors):
        assert isinstance(vector.sends, dict)
        document = monitor(f"v{number}", mode="Observe", **vector.sends)
        status, text = server.ask("POST", path, document)
        if status >= 400:
            refused[f"v{number}"] = f"{status} {json.loads(text)['message']}"

    def stored() -> dict[str, Document]:
        items = json.loads(server.ask("GET", path)[1])["items"]
        return {item["metadata"]["name"]: item for item in items if item["metadata"]["name"].startswith("v")}

    until(lambda: all(ready_of(item) for item in stored().values()), 120, "the operator says nothing of a monitor")
    told = {name: ready_of(item) for name, item in stored().items()}
    for name in told:
        server.ask("DELETE", f"{path}/{name}")
    until(lambda: not stored(), 60, "the monitors stay")
    return [_answer(refused, told, f"v{number}") for number in range(len(vectors))]


def _answer(refused: dict[str, str], told: dict[str, Document], name: str) -> Answer:
    if name in refused:
        return refused[name], False
    condition = told[name]
    said = f"Ready={condition['status']} {condition['reason']}: {condition['message']}"
    return said, condition["reason"] not in REFUSALS


def ready_of(item: Document) -> Document:
    """Return the condition Ready, empty where there is none yet."""
    conditions: list[Document] = item.get("status", {}).get("conditions", [])
    return next((condition for condition in conditions if condition["type"] == "Ready"), {})


def play_header(url: str, vector: Vector) -> Answer:
    """Send a report of progress with the header. Whose certificate it is plays no part here."""
    assert isinstance(vector.sends, str)
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    body = b'{"trainerStatus": {"progressPercentage": 99}}'
    headers = {"Authorization": vector.sends} if vector.sends else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10, context=trust) as reply:
            return str(reply.status), True
    except urllib.error.HTTPError as error:
        return str(error.code), False
