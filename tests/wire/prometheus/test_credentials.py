"""Tokens, passwords, tenants and private authorities, against a real Prometheus behind a stand-in for its proxy."""

import logging
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from refit_operator.api.metric import MetricSpec
from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.kubernetes_api.secrets import SecretProblem
from refit_operator.prometheus.reader import Reader
from refit_operator.prometheus.rules.allowlist import parse_allowed
from refit_operator.prometheus.rules.headers import parse_headers
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed, Value
from refit_operator.prometheus.servers import Servers
from tests.support.prometheus.fakes import self_signed
from tests.support.prometheus.history import ACCURACY, NOON, SUBJECT
from tests.wire.prometheus.front import front

TOKEN, PASSWORD = "s3cr3t-token", "s3cr3t-password"
BEARER = {"authentication": {"bearerTokenSecret": {"name": "prom", "key": "token"}}}
USER, WORD = {"name": "prom", "key": "user"}, {"name": "prom", "key": "password"}
BASIC = {"authentication": {"basic": {"username": USER, "password": WORD}}}
TENANT = {"headers": {"X-Scope-OrgID": "shop"}}
CA = {"tls": {"caSecret": {"name": "prom", "key": "ca.crt"}}}

BEARER_HEADER = {"Authorization": f"Bearer {TOKEN}"}
BASIC_HEADER = {"Authorization": "Basic " + b64encode(f"me:{PASSWORD}".encode()).decode()}
TENANT_HEADER = {"X-Scope-OrgID": "shop"}


@dataclass
class Shelf:
    """A stand-in for the Secret `prom`; the real one is read in tests/cluster."""

    values: dict[str, str]

    async def get_secret_value(self, namespace: str, name: str, key: str) -> str | SecretProblem:
        assert (namespace, name) == ("shop", "prom")
        return self.values[key]


async def ask(address: str, spec: dict[str, Any], shelf: Shelf) -> object:
    prometheus = PrometheusSpec.model_validate({"serverAddress": address} | spec)
    allowed, headers = parse_allowed("https://localhost:*"), parse_headers("shop/X-Scope-OrgID=$(namespace)")
    sources = Servers("http://default:9090", allowed, shelf, headers)
    metric = MetricSpec.model_validate({"query": ACCURACY, "threshold": 0.85})
    found = await Reader(sources).window(SUBJECT, prometheus, metric, 1, NOON)
    return found if isinstance(found, QueryFailed) else found[0]


CASES: dict[str, tuple[dict[str, str], dict[str, Any], FailureKind | None]] = {
    "a private authority alone": ({}, CA, None),
    "an authority nobody named": ({}, {}, FailureKind.Tls),
    "a bearer token": (BEARER_HEADER, CA | BEARER, None),
    "a user and a password": (BASIC_HEADER, CA | BASIC, None),
    "a tenant": (TENANT_HEADER, CA | TENANT, None),
    "a token and a tenant": (BEARER_HEADER | TENANT_HEADER, CA | BEARER | TENANT, None),
    "no token where one is wanted": (BEARER_HEADER, CA, FailureKind.Unauthorized),
    "a password where a token is wanted": (BEARER_HEADER, CA | BASIC, FailureKind.Unauthorized),
    "no tenant where one is wanted": (TENANT_HEADER, CA | BEARER, FailureKind.Unauthorized),
}


@pytest.mark.parametrize("name", CASES)
async def test_who_is_let_in(prometheus: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str) -> None:
    wanted, spec, kind = CASES[name]
    context, certificate = self_signed(tmp_path)
    shelf = Shelf({"token": TOKEN, "user": "me", "password": PASSWORD, "ca.crt": certificate})
    with caplog.at_level(logging.DEBUG), front(prometheus, context, wanted) as address:
        found = await ask(address, spec, shelf)
    if kind is None:
        assert isinstance(found, Value), found
        assert found.value == pytest.approx(0.85)
    else:
        assert isinstance(found, QueryFailed)
        assert found.kind is kind
    assert "s3cr3t" not in f"{found!r}{caplog.text}"


async def test_a_rotated_token_is_used_at_the_next_look(prometheus: str, tmp_path: Path) -> None:
    context, certificate = self_signed(tmp_path)
    shelf = Shelf({"token": "s3cr3t-of-yesterday", "ca.crt": certificate})
    with front(prometheus, context, BEARER_HEADER) as address:
        before = await ask(address, CA | BEARER, shelf)
        shelf.values["token"] = TOKEN
        after = await ask(address, CA | BEARER, shelf)
    assert isinstance(before, QueryFailed)
    assert isinstance(after, Value)
