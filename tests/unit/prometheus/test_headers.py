"""Which headers a monitor may send: no tenant is chosen but one that the administrator bound to its namespace."""

import pytest

from refit_operator.prometheus.rules.headers import header_objection, parse_headers

ALLOWED = parse_headers("*/X-Scope-OrgID=$(namespace), shop/X-Scope-OrgID=retail|$(namespace), team-*/X-Api-Version=*")


@pytest.mark.parametrize(
    ("namespace", "name", "value"),
    [
        ("shop", "X-Scope-OrgID", "shop"),
        ("shop", "x-scope-orgid", "shop"),
        ("shop", "X-Scope-OrgID", "retail|shop"),
        ("team-a", "X-Scope-OrgID", "team-a"),
        ("team-a", "X-Api-Version", "2"),
    ],
)
def test_a_header_that_the_administrator_allowed(namespace: str, name: str, value: str) -> None:
    assert header_objection({name: value}, namespace, ALLOWED) == ""


@pytest.mark.parametrize(
    ("namespace", "name", "value"),
    [
        ("shop", "X-Scope-OrgID", "team-a"),
        ("shop", "X-Scope-OrgID", "$(namespace)"),
        ("shop", "X-Scope-OrgID", "shop|team-a"),
        ("shop", "X-SCOPE-ORGID", "Shop"),
        ("shop", "X-Scope-OrgID", "shop "),
        ("shop", "X-Scope-OrgID", ""),
        ("team-a", "X-Scope-OrgID", "retail|team-a"),
        ("shop", "X-Api-Version", "2"),
        ("a-team-a", "X-Api-Version", "2"),
        ("shop", "THANOS-TENANT", "shop"),
        ("shop", "X-Scope-OrgID2", "shop"),
    ],
)
def test_a_header_that_nobody_allowed(namespace: str, name: str, value: str) -> None:
    want = (
        f"prometheus.headers: {name} {value!r} isn't allowed in namespace {namespace!r}: see REFIT_PROMETHEUS_HEADERS"
    )
    assert header_objection({name: value}, namespace, ALLOWED).startswith(want)


def test_each_of_several_headers_must_be_allowed() -> None:
    both = {"X-Scope-OrgID": "shop", "x-scope-orgid": "team-a"}
    assert "x-scope-orgid 'team-a'" in header_objection(both, "shop", ALLOWED)


def test_by_default_no_header_is_allowed() -> None:
    assert parse_headers("") == parse_headers(" , ") == ()
    assert "X-Scope-OrgID 'shop' isn't allowed" in header_objection({"X-Scope-OrgID": "shop"}, "shop", ())
    assert header_objection({}, "shop", ()) == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("X-Scope-OrgID=shop", "not namespace/Header=value: 'X-Scope-OrgID=shop'"),
        ("shop/X-Scope-OrgID", "not namespace/Header=value"),
        ("shop/X-Scope-OrgID=", "not namespace/Header=value"),
        ("shop/X-Scope-OrgID=shop*", "not namespace/Header=value"),
        ("Shop/X-Scope-OrgID=shop", "not namespace/Header=value"),
        ("[a-z]*/X-Scope-OrgID=shop", "not namespace/Header=value"),
        ("*/X-Scope-OrgID=a b", "not namespace/Header=value"),
        ("*/Authorization=x", "a header that no monitor can set: '\\*/Authorization=x'"),
        ("*/X Y=x", "not namespace/Header=value"),
    ],
)
def test_an_entry_that_is_none_stops_the_operator(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_headers(text)
