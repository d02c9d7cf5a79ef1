"""What keeps the operator from asking is said by name, and never with a secret in it."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from refit_operator.api.prometheus import PrometheusSpec
from refit_operator.kubernetes_api.secrets import SecretProblem, forbidden_secret, read_key
from refit_operator.prometheus.client import PrometheusServer
from refit_operator.prometheus.reader import Subject, query_error
from refit_operator.prometheus.rules.allowlist import parse_allowed
from refit_operator.prometheus.rules.reading import FailureKind, QueryFailed
from refit_operator.prometheus.servers import Servers
from tests.support.samples import NEW_DIGEST, NOW

TOKEN = {"authentication": {"bearerTokenSecret": {"name": "prom", "key": "token"}}}
BASIC = {"authentication": {"basic": {"username": {"name": "u", "key": "k"}, "password": {"name": "p", "key": "k"}}}}
CA = {"tls": {"caSecret": {"name": "ca", "key": "ca.crt"}}}


@dataclass
class Shelf:
    """A stand-in for the API server's Secrets."""

    values: dict[str, str | SecretProblem] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def get_secret_value(self, namespace: str, name: str, key: str) -> str | SecretProblem:
        self.asked.append((namespace, name))
        return self.values.get(name) or read_key(None, name, key)


def sources(**values: Any) -> Servers:
    return Servers("http://default:9090", parse_allowed("https://prom"), Shelf(values))


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], FailureKind, str]] = {
    "a server that nobody allowed": (
        {"serverAddress": "http://169.254.169.254"},
        {},
        FailureKind.Forbidden,
        "serverAddress http://169.254.169.254 isn't allowed",
    ),
    "a header that reaches elsewhere": (
        {"headers": {"Host": "x"}},
        {},
        FailureKind.Forbidden,
        "'Host' can't be set by a monitor",
    ),
    "another's tenant": (
        {"headers": {"X-Scope-OrgID": "other"}},
        {},
        FailureKind.Forbidden,
        "prometheus.headers: X-Scope-OrgID 'other' isn't allowed in namespace 'shop': see REFIT_PROMETHEUS_HEADERS",
    ),
    "no Secret": (TOKEN, {}, FailureKind.BadSecret, "there is no Secret 'prom'"),
    "a Secret that may not be read": (
        TOKEN,
        {"prom": forbidden_secret("shop", "prom")},
        FailureKind.Forbidden,
        "bind ClusterRole refit-secrets in namespace 'shop'",
    ),
    "no password": (BASIC, {"u": "me"}, FailureKind.BadSecret, "there is no Secret 'p'"),
    "a CA that is none": (
        CA | {"serverAddress": "https://prom"},
        {"ca": "s3cr3t"},
        FailureKind.BadSecret,
        "isn't a PEM certificate: key 'ca.crt' of Secret 'ca'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_keeps_us_from_asking(name: str) -> None:
    spec, values, kind, words = REFUSED[name]
    refused = await sources(**values).open("shop", PrometheusSpec.model_validate(spec), NOW)
    assert isinstance(refused, QueryFailed)
    assert (refused.kind, words in refused.message) == (kind, True), refused.message
    assert "s3cr3t" not in refused.message


async def test_a_server_that_isnt_allowed_costs_no_secret() -> None:
    shelf = Shelf({"prom": "x"})
    spec = PrometheusSpec.model_validate(TOKEN | {"serverAddress": "http://elsewhere"})
    await Servers("http://default:9090", (), shelf).open("shop", spec, NOW)
    assert shelf.asked == []


async def test_the_default_server_may_be_named() -> None:
    spec = PrometheusSpec(server_address="http://default:9090")
    assert isinstance(await Servers("http://default:9090", (), Shelf()).open("shop", spec, NOW), PrometheusServer)


async def test_connections_are_kept_for_one_server_and_one_set_of_credentials() -> None:
    spec = PrometheusSpec.model_validate(TOKEN | {"serverAddress": "https://prom"})
    first = await sources(prom="one").open("shop", spec, NOW)
    assert first is await sources(prom="one").open("other", spec, NOW)
    rotated = await sources(prom="two").open("shop", spec, NOW)
    assert first is not rotated
    assert "one" not in repr(first)


@pytest.mark.parametrize(
    ("secret", "want"),
    [
        (None, "there is no Secret 'n'"),
        ({}, "Secret 'n' has no key 'k'"),
        ({"data": {"other": "eA=="}}, "Secret 'n' has no key 'k'"),
        ({"data": {"k": ""}}, "key 'k' of Secret 'n' is empty or no text"),
        ({"data": {"k": "/w=="}}, "key 'k' of Secret 'n' is empty or no text"),
    ],
)
def test_what_is_wrong_with_a_secret(secret: dict[str, Any] | None, want: str) -> None:
    assert read_key(secret, "n", "k") == SecretProblem(want)


def test_a_secrets_value_is_without_its_files_last_line_end() -> None:
    assert read_key({"data": {"k": "dG9rZW4K"}}, "n", "k") == "token"


def test_the_variables_of_a_query() -> None:
    subject = Subject("shop", "reviews", "server", NEW_DIGEST)
    query = 'a{n="$(name)",ns="$(namespace)",t="$(target)",d="$(digest)"}'
    assert subject.fill(query, NOW) == f'a{{n="reviews",ns="shop",t="server",d="{NEW_DIGEST}"}}'


def test_a_digest_that_isnt_there_yet_holds() -> None:
    filled = Subject("shop", "reviews", "server").fill('a{d="$(digest)"}', NOW)
    assert isinstance(filled, QueryFailed)
    assert filled.kind is FailureKind.NoValue


@pytest.mark.parametrize("query", ['up{a="$(pod)"}', "sum(", "$(name)"])
def test_a_query_that_can_never_be_asked(query: str) -> None:
    assert query_error(query)


async def test_a_query_that_its_values_make_too_long_is_a_reading_that_failed() -> None:
    """Each value is as Kubernetes allows it; together they are more than is asked."""
    query = "x{" + ",".join(f'a{index}="$(target)"' for index in range(55)) + "}"
    assert query_error(query) == ""
    failed = Subject("shop", "reviews", "t" * 253).fill(query, NOW)
    assert isinstance(failed, QueryFailed)
    assert (failed.kind, "8192 are allowed" in failed.message) == (FailureKind.BadQuery, True)
