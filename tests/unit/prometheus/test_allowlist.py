"""Which addresses an administrator allowed, and nothing that only looks like one of them."""

import pytest

from refit_operator.prometheus.rules.allowlist import is_allowed, is_free_header, parse_allowed
from tests.hostile.asked import ADDRESSES, HEADERS

ALLOWED = parse_allowed(
    "http://prometheus.monitoring:9090, https://*.metrics.example.com, http://thanos:*, https://mimir/prometheus,"
    "https://shared.example.com/tenants/*, http://[fd00::1]:9090, http://prometheus.$(namespace):9090,"
    "https://vm/select/$(namespace)/prometheus, https://$(namespace)-tsdb"
)


@pytest.mark.parametrize(
    "address",
    [
        "http://prometheus.monitoring:9090",
        "http://prometheus.monitoring:9090/",
        "http://PROMETHEUS.monitoring:9090",
        "https://eu.metrics.example.com",
        "https://eu.metrics.example.com:443",
        "http://thanos",
        "http://thanos:10902",
        "https://mimir/prometheus",
        "https://shared.example.com/tenants/a/b",
        "http://[fd00::1]:9090",
        "http://prometheus.shop:9090",
        "http://Prometheus.Shop:9090",
        "https://vm/select/shop/prometheus",
        "https://shop-tsdb",
    ],
)
def test_allowed(address: str) -> None:
    assert is_allowed(address, ALLOWED, "shop")


@pytest.mark.parametrize(
    "address",
    [
        *ADDRESSES,
        "http://prometheus.monitoring",
        "http://prometheus.monitoring:90901",
        "http://169.254.169.254/.metrics.example.com",
        "https://evil.com/x.metrics.example.com",
        "https://evil.com#.metrics.example.com",
        "https://*.metrics.example.com",
        "https://metrics.example.com",
        "https://eu.metrics.example.com.evil.com",
        "https://shared.example.com/tenants/../admin",
        "https://shared.example.com/tenants/%2e%2e/admin",
        "https://shared.example.com",
        "http://[fd00::2]:9090",
        "http://thanos:10902\n",
        "http://prometheus.other:9090",
        "http://prometheus.shop.other:9090",
        "http://prometheus.$(namespace):9090",
        "https://vm/select/other/prometheus",
        "https://vm/select/Shop/prometheus",
        "https://vm/select/$(namespace)/prometheus",
        "https://other-tsdb",
        "",
    ],
)
def test_not_allowed(address: str) -> None:
    assert not is_allowed(address, ALLOWED, "shop")


@pytest.mark.parametrize("address", ADDRESSES)
def test_not_allowed_where_every_port_of_one_host_is(address: str) -> None:
    assert not is_allowed(address, parse_allowed("http://prometheus.monitoring:*"), "shop")


def test_by_default_nothing_is_allowed() -> None:
    assert parse_allowed("") == parse_allowed(" , ") == ()
    assert not is_allowed("http://prometheus:9090", (), "shop")


@pytest.mark.parametrize(
    "text",
    [
        "prometheus:9090",
        "http://a, ftp://b",
        "http://a?b",
        "http://me:pw@a",
        "*",
        "http://$(name)",
        "http://a:$(namespace)",
    ],
)
def test_a_pattern_that_is_none_stops_the_operator(text: str) -> None:
    with pytest.raises(ValueError, match="not an http"):
        parse_allowed(text)


@pytest.mark.parametrize("name", ["X-Scope-OrgID", "THANOS-TENANT", "X-Api-Version", "Tenant"])
def test_a_monitors_headers(name: str) -> None:
    assert is_free_header(name)


@pytest.mark.parametrize("name", HEADERS)
def test_headers_that_are_nobodys_to_set(name: str) -> None:
    assert not is_free_header(name)
