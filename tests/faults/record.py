"""What the proxy notes of one loop: which calls write, what came of them, and what should never have been asked."""

import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field

WRITES = ("POST", "PUT", "PATCH", "DELETE")
DISCOVERY = re.compile(r"/(version|api(/v1)?|apis(/[^/]+){0,2}|openapi/v3/apis/refit\.dev/v1alpha1)/?")
"""The paths outside any namespace that are asked for: which kinds there are, and which fields those of ours have."""
EXPLAINS = re.compile(r"/api/v1/(nodes|persistentvolumes)/[^/]+")
"""One node or volume, by name: only read, to say why a pod doesn't start or what became of its node."""


@dataclass
class Call:
    """One call that writes."""

    name: str
    """As a fault names it: `PUT retrainruns/status Judging#2`."""
    body: bytes
    status: int = 0
    """What the API server answered; 0 where it never got the call."""
    came: float = field(default_factory=time.monotonic)
    """When, by the monotonic clock."""


@dataclass
class Record:
    """The calls of the operator under test."""

    namespace: str
    secret: str
    """What must appear in no call."""
    calls: list[Call] = field(default_factory=list)
    last: float = 0.0
    """When the last call that writes came, Events included, by the monotonic clock."""
    fell: float = 0.0
    """When the fault happened."""
    wrote_again: float = 0.0
    """When the first write after the fault succeeded."""
    heard_again: float = 0.0
    """When the first request after the fault was answered."""
    strays: set[str] = field(default_factory=set)
    """Requests outside the namespace."""
    leaks: set[str] = field(default_factory=set)
    """Requests that carried the secret."""
    secret_reads: int = 0
    falls: dict[str, float] = field(default_factory=dict)
    """The calls at which something happened, each with the seconds to the next write that succeeded."""
    _seen: Counter[str] = field(default_factory=Counter)

    def note(self, method: str, path: str, body: bytes) -> Call | None:
        """Note a request; return the call where it is one that counts: it writes, no Event and no Lease."""
        if is_stray(method, path, self.namespace):
            self.strays.add(f"{method} {path}")
        if self.secret.encode() in body:
            self.leaks.add(f"{method} {path}")
        self.secret_reads += "/secrets/" in path
        kind = kind_of(method, path, body)
        if not kind:
            return None
        if kind.endswith(" leases"):  # a leader says so every two seconds
            return None
        self.last = time.monotonic()
        if kind.endswith(" events"):
            return None
        self._seen[kind] += 1
        call = Call(f"{kind}#{self._seen[kind]}", body)
        self.calls.append(call)
        return call

    def fall(self, call: Call) -> None:
        """Note that a fault happens at this call, now."""
        self.fell, self.wrote_again, self.heard_again = time.monotonic(), 0.0, 0.0
        self.falls[call.name] = 0.0

    def answered(self, call: Call | None, status: int) -> None:
        """Note what the API server said; of what was under way as the fault happened, it says nothing of later."""
        if call:
            call.status = status
        if not self.fell or status >= 400 or (call and call.came < self.fell):
            return
        self.heard_again = self.heard_again or time.monotonic()
        if call and not self.wrote_again:
            self.wrote_again = time.monotonic()
            self.falls.update(dict.fromkeys([*self.falls][-1:], self.seconds))

    @property
    def seconds(self) -> float:
        """From the fault to the next write that succeeded; where nothing was left to write, to the next answer."""
        again = self.wrote_again or self.heard_again
        return max(0.0, again - self.fell) if self.fell and again else 0.0


def kind_of(method: str, path: str, body: bytes) -> str:
    """Return `PUT retrainruns/status Judging` for a call that writes, empty for one that reads."""
    parts = path.strip("/").split("/")
    if method not in WRITES or "namespaces" not in parts:
        return ""
    resource, *rest = parts[parts.index("namespaces") + 2 :]
    kind = f"{method} {'/'.join([resource, *rest[1:]])}"
    return f"{kind} {word_of(json.loads(body)['status'])}" if kind.endswith("/status") else kind


def word_of(status: dict[str, object]) -> str:
    """Return the word that a status has for where things are."""
    return str(status.get("stage") or status.get("state") or "none")


def is_stray(method: str, path: str, namespace: str) -> bool:
    """Return whether a request leads out of the namespace, and is none of those that may."""
    parts = path.strip("/").split("/")
    if "namespaces" in parts[:-1]:
        return parts[parts.index("namespaces") + 1] != namespace
    return not DISCOVERY.fullmatch(path) and not (method == "GET" and EXPLAINS.fullmatch(path))
