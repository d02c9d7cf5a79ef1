"""Which servers may be asked: a monitor names an address, and the operator would otherwise fetch it for anybody. Pure.

An address is taken apart by one strict pattern, so that no other parser can find another host in it: no credentials, no
query, no escapes, no `..`. An allowed address may have `*` for its port, in its host, or at the end of its path, and
`$(namespace)` in host and path: the namespace of the monitor that asks, so that no tenant names another's server.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

_ADDRESS = re.compile(
    r"(https?)://((?:[A-Za-z0-9.*-]|\$\(namespace\))+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}|\*))?"
    r"((?:/(?:[A-Za-z0-9._~*-]|\$\(namespace\))+)*)/?"
)
NAMESPACE = "$(namespace)"
"""In an administrator's entry, the namespace of the monitor that asks."""
_PORTS = {"http": "80", "https": "443"}

# Names with which one could reach another site behind the same proxy, or pass for somebody else.
_HEADER = re.compile(r"[A-Za-z][-A-Za-z0-9]{0,62}")
_TAKEN = re.compile(
    r"authorization|cookie2?|host|te|trailer|connection|upgrade|expect|keep-alive|transfer-encoding|forwarded|via"
    r"|(proxy|content|accept|x-forwarded|x-original|x-rewrite|x-http-method)(-.*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Address:
    """The parts of an address, or of a pattern."""

    scheme: str
    host: str
    port: str
    path: str


def parse_address(text: str) -> Address | None:
    """Return the parts, None for what is no plain http(s) address."""
    found = _ADDRESS.fullmatch(text)
    if not found or {".", ".."} & set(found[4].split("/")):
        return None
    return Address(found[1], found[2].lower(), found[3] or _PORTS[found[1]], found[4])


def parse_allowed(text: str) -> tuple[Address, ...]:
    """Return the patterns of a comma-separated list; raises ValueError that names the one that is none."""
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    found = [(entry, parse_address(entry)) for entry in entries]
    wrong = [entry for entry, pattern in found if pattern is None]
    if wrong:
        raise ValueError(f"not an http(s) address or pattern: {wrong[0]!r}")
    return tuple(pattern for _, pattern in found if pattern)


def is_allowed(address: str, allowed: tuple[Address, ...], namespace: str) -> bool:
    """Return whether a monitor of the namespace may name the address: one of the patterns has it."""
    asked = parse_address(address)
    if asked is None or "*" in address or "$" in address:
        return False
    return any(_matches(asked, pattern, namespace) for pattern in allowed)


def _matches(asked: Address, pattern: Address, namespace: str) -> bool:
    return (
        asked.scheme == pattern.scheme
        and fnmatchcase(asked.host, pattern.host.replace("[", "[[]").replace(NAMESPACE, namespace))
        and pattern.port in ("*", asked.port)
        and fnmatchcase(asked.path, pattern.path.replace(NAMESPACE, namespace))
    )


def is_free_header(name: str) -> bool:
    """Return whether a monitor may set the request header itself."""
    return bool(_HEADER.fullmatch(name)) and not _TAKEN.fullmatch(name)
