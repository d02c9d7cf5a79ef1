"""Which request headers a monitor may send: those that the administrator allows in its namespace, and no others. Pure.

On many servers a header chooses the tenant, and each has its own: X-Scope-OrgID, THANOS-TENANT. So none is free. An
entry is `namespace/Name=value`: `*` in the namespace is any part of one, `*` as the value any value, and in a value
`$(namespace)` is the monitor's own. Values have no other pattern: `shop*` would match Mimir's `shop|other`, which is
two tenants.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from refit_operator.prometheus.rules.allowlist import NAMESPACE, is_free_header

SETTING = "REFIT_PROMETHEUS_HEADERS"
_ENTRY = re.compile(r"([a-z0-9*-]+)/([^/=\s]+)=(\*|[^*\s]+)")


@dataclass(frozen=True)
class AllowedHeader:
    """A header with the namespaces that may send it, and the value that they may send."""

    namespaces: str
    name: str
    value: str

    def allows(self, namespace: str, name: str, value: str) -> bool:
        """Return whether a monitor of the namespace may send this."""
        return (
            fnmatchcase(namespace, self.namespaces)
            and name.lower() == self.name.lower()
            and (self.value == "*" or value == self.value.replace(NAMESPACE, namespace))
        )


def parse_headers(text: str) -> tuple[AllowedHeader, ...]:
    """Return the entries of a comma-separated list; raises ValueError that names the one that is none."""
    return tuple(_parse_entry(entry.strip()) for entry in text.split(",") if entry.strip())


def _parse_entry(entry: str) -> AllowedHeader:
    found = _ENTRY.fullmatch(entry)
    if not found:
        raise ValueError(f"not namespace/Header=value: {entry!r}")
    if not is_free_header(found[2]):
        raise ValueError(f"a header that no monitor can set: {entry!r}")
    return AllowedHeader(found[1], found[2], found[3])


def header_objection(headers: Mapping[str, str], namespace: str, allowed: tuple[AllowedHeader, ...]) -> str:
    """Return why one of the headers may not be sent, empty where all may."""
    for name, value in headers.items():
        if not is_free_header(name):
            return f"prometheus.headers: {name!r} can't be set by a monitor"
        if not any(entry.allows(namespace, name, value) for entry in allowed):
            return (
                f"prometheus.headers: {name} {value!r} isn't allowed in namespace {namespace!r}: see {SETTING} of the "
                "operator"
            )
    return ""
