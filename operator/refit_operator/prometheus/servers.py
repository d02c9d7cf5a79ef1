"""From `spec.prometheus` to a server that can be asked: is it allowed, and with which credentials.

Secrets are read at every reconciliation, so that a rotated token is used at the next one. Whatever keeps us from
asking is a `QueryFailed`: it holds, and says which Secret or setting is to blame.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from refit_operator.api.prometheus import PrometheusSpec, SecretKey
from refit_operator.kubernetes_api.secrets import SecretProblem
from refit_operator.prometheus.client import PrometheusServer
from refit_operator.prometheus.rules.allowlist import Address, is_allowed
from refit_operator.prometheus.rules.headers import AllowedHeader, header_objection
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed
from refit_operator.prometheus.session import KEPT

Secrets = dict[SecretKey, str]


class SecretReader(Protocol):
    """Who can read a Secret."""

    async def get_secret_value(self, namespace: str, name: str, key: str) -> str | SecretProblem:
        """Return the value, or what is wrong with it."""
        ...


@lru_cache(maxsize=256)
def _connect(
    address: str, headers: tuple[tuple[str, str], ...], auth: tuple[str, str] | None, ca: str | None, kept: int
) -> PrometheusServer:
    """Keep the connections of one server and one set of credentials open between questions."""
    return PrometheusServer(address, headers=dict(headers), auth=auth, ca=ca, kept=kept)


@dataclass(frozen=True)
class Servers:
    """The server of monitors that name none, those that a monitor may name, and the headers that it may send."""

    default_server: str
    allowed: tuple[Address, ...]
    secrets: SecretReader
    headers: tuple[AllowedHeader, ...] = ()
    kept: int = KEPT
    """Connections that are kept open to the default server, where no credentials are sent: most monitors share them."""

    def address_of(self, prometheus: PrometheusSpec) -> str:
        """Return the server's URL."""
        return prometheus.server_address or self.default_server

    async def open(self, namespace: str, prometheus: PrometheusSpec, now: datetime) -> PrometheusServer | QueryFailed:
        """Return the server with the credentials of the moment."""
        refusal = self._refuse(namespace, prometheus)
        if refusal:
            return QueryFailed(FailureKind.Forbidden, refusal, now)
        values: Secrets = {}
        for secret in prometheus.secret_keys:
            value = await self.secrets.get_secret_value(namespace, secret.name, secret.key)
            if isinstance(value, SecretProblem):
                kind = FailureKind.Forbidden if value.forbidden else FailureKind.BadSecret
                return QueryFailed(kind, value.message, now)
            values[secret] = value
        return self._connect(prometheus, values, now)

    def _refuse(self, namespace: str, prometheus: PrometheusSpec) -> str:
        """Return why the server must not be asked at all, empty where it may."""
        address = prometheus.server_address
        if address and address != self.default_server and not is_allowed(address, self.allowed, namespace):
            return (
                f"prometheus.serverAddress {address} isn't allowed here: see REFIT_PROMETHEUS_ALLOWED of the operator"
            )
        return header_objection(prometheus.headers, namespace, self.headers)

    def _connect(self, prometheus: PrometheusSpec, values: Secrets, now: datetime) -> PrometheusServer | QueryFailed:
        headers = dict(prometheus.headers) | bearer_header(prometheus, values)
        ca = prometheus.tls.ca_secret if prometheus.tls else None
        try:
            auth, pem = basic_auth(prometheus, values), ca and values[ca]
            address = self.address_of(prometheus)
            is_shared = address == self.default_server and not (headers or auth or pem)
            return _connect(address, _sorted(headers.items()), auth, pem, self.kept if is_shared else KEPT)
        except ValueError as error:
            return QueryFailed(
                FailureKind.BadSecret, f"{error}: key {ca.key!r} of Secret {ca.name!r}" if ca else str(error), now
            )


def _sorted(items: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(items))


def bearer_header(prometheus: PrometheusSpec, values: Secrets) -> dict[str, str]:
    """Return the header of a bearer token, none where none is asked for."""
    secret = prometheus.authentication and prometheus.authentication.bearer_token_secret
    return {"Authorization": f"Bearer {values[secret]}"} if secret else {}


def basic_auth(prometheus: PrometheusSpec, values: Secrets) -> tuple[str, str] | None:
    """Return user and password, None where none are asked for."""
    basic = prometheus.authentication and prometheus.authentication.basic
    return (values[basic.username], values[basic.password]) if basic else None
