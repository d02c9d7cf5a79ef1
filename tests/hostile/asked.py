"""What a monitor has the operator ask of Prometheus: other servers, other headers, queries that give no number."""

from typing import Any

from tests.hostile.vectors import Entry, Family, Vector

QUERIES: tuple[tuple[str, str], ...] = (
    ("", "no expression found"),
    ("sum(", "unclosed left parenthesis"),
    ("sum(x) by 3", "."),
    ('x{a="$(name)', "unterminated"),
    ("x[5m]", "a range of values"),
    ("(x[5m])", "a range of values"),
    ("x[5m:1m]", "a range of values"),
    ('"text"', "a string"),
    ('x{a="1" or b="2"}', "isn't PromQL"),
    ("rate(x[5m] @ end())", "depend on the window"),
    ("max_over_time(x[5m:1m] @ start())", "depend on the window"),
    ("x offset -5m", "reads the future"),
    ("x" * 9000, "9000 characters long, 8192 are allowed"),
    ("(" * 200 + "x" + ")" * 200, "nested more than 32 deep"),
    (" + ".join(["x"] * 66), "65 operators, 64 are allowed"),
    ("x," * 2000, "more than 512 words and signs"),
    ("rate(x[1e400])", r"'\[1e400\]' isn't a range"),
    ("x offset 1e400", "'1e400' isn't a duration"),
    ("x @ 1e400", "'1e400' isn't a time"),
    ("x * 1e400", "'1e400' isn't a number"),
    ("x offset 9999999s", "at most six digits a unit"),
    ("x offset 0", "'0' isn't a duration"),
    ("rate(x[0])", r"'\[0\]' isn't a range"),
    ("max_over_time(x[1h:0])", r"'\[1h:0\]' isn't a range"),
    ("rate(x[9999y])", "3649635 days back, 3660 are allowed"),
    ("max_over_time(" * 6 + "x" + "[999999y:1y])" * 6, r"can't be parsed \(OverflowError\)"),
    ("x[5m", "unclosed \\[ at character 1"),
    ('x{a=`\\`,b="c",d=`} or y #`}', "a backslash before the backquote that ends the string at character 4"),
    ("x{a=`b", "unterminated string at character 4"),
    ("x # one\r + y", "the comment at character 2 has a carriage return"),
)
"""Queries that give no number that could be read again, and what is said of each."""
UNFILLED = (
    ('up{app="$(pod)"}', r"no variable \$\(pod\); there are name, namespace, target, digest"),
    ('label_replace(up, "a", "$(name)", "b", "")', "only in label values"),
    ("$(name)", "unexpected|invalid"),
)
ADDRESSES = (
    "https://prometheus.monitoring:9090",
    "http://prometheus.monitoring:9090/admin",
    "http://prometheus.monitoring:9090?x=",
    "http://prometheus.monitoring:9090/?x=",
    "http://prometheus.monitoring:9090#",
    "http://prometheus.monitoring:9090@169.254.169.254",
    "http://prometheus.monitoring:9090\\@169.254.169.254",
    "http://prometheus.monitoring.evil.com:9090",
    "http://prometheus.monitoring:9090/../admin",
    "http://prometheus.monitoring:9090/%2e%2e/admin",
    "http://169.254.169.254/.prometheus.monitoring",
    "http://169.254.169.254",
    "http://[::1]:8080",
    "http://127.0.0.1:8080",
    "http://0:8080",
    "http://2130706433",
    "https://kubernetes.default.svc",
    "http://refit-progress.refit-system:8443",
    "http://*.monitoring:9090",
    "http://u:p@prometheus.monitoring:9090",
    "file:///etc/passwd",
    "gopher://prometheus.monitoring:9090",
)
"""Addresses of which the administrator allowed none: that is http://prometheus.monitoring:*."""
HEADERS = (
    "Host",
    "authorization",
    "Cookie",
    "Connection",
    "Content-Length",
    "Transfer-Encoding",
    "X-Forwarded-Host",
    "Proxy-Authorization",
    "X-Original-URL",
    "X-HTTP-Method-Override",
    "Forwarded",
    "a b",
    "",
    "X:Y",
    "X\r\nHost",
)
"""Names of headers that are nobody's to set."""
KEY = {"name": "bank", "key": "token"}
UNLENT: dict[str, dict[str, Any]] = {
    "as bearer token": {"authentication": {"bearerTokenSecret": KEY}},
    "as user name and password": {"authentication": {"basic": {"username": KEY, "password": KEY}}},
    "as authority": {"serverAddress": "https://prometheus.monitoring:9090", "tls": {"caSecret": KEY}},
}
AUTHOR = "monitors of a namespace, with every right there"
FINE = (Vector("a plain query", {"metric": {"query": "vector(0.5)"}}, ""),)
SERVER = "serverAddress .* isn't allowed here|spec.prometheus.serverAddress"
NAME = r"prometheus\.headers|a header's name is of"


def asking(query: str) -> dict[str, Any]:
    return {"metric": {"query": query}}


HIDDEN: dict[str, dict[str, Any]] = {
    "in minSamples": {"metric": {"minSamples": {"query": "rate(x[1e400])", "count": 1}}},
    "in a guard": {"guards": [{"name": "g", "query": "rate(x[1e400])", "atLeast": 1}]},
    "in the last guard": {
        "guards": [
            *({"name": f"g{number}", "query": "up", "atLeast": 1} for number in range(7)),
            {"name": "last", "query": "rate(x[1e400])", "atLeast": 1},
        ]
    },
}
TOO_LONG = "|Too long|spec.metric.query|longer than"
FAMILIES = (
    Family(
        "a query that ends the parser, or gives no number",
        AUTHOR,
        Entry.OPERATOR,
        (
            *(Vector(query[:60], asking(query), words + TOO_LONG) for query, words in (*QUERIES, *UNFILLED)),
            *(Vector(f"rate(x[1e400]) {place}", spec, "isn't a range") for place, spec in HIDDEN.items()),
        ),
        FINE,
    ),
    Family(
        "a server that the administrator didn't allow",
        AUTHOR,
        Entry.OPERATOR,
        tuple(Vector(address, {"prometheus": {"serverAddress": address}}, SERVER) for address in ADDRESSES),
        FINE,
    ),
    Family(
        "a header that reaches another site, or passes for somebody else",
        AUTHOR,
        Entry.OPERATOR,
        tuple(Vector(repr(name), {"prometheus": {"headers": {name: "x"}}}, NAME) for name in HEADERS),
        FINE,
    ),
    Family(
        "a Secret that nobody lent",
        AUTHOR,
        Entry.OPERATOR,
        tuple(
            Vector(how, {"prometheus": spec}, "may not read Secret 'bank'|isn't allowed here")
            for how, spec in UNLENT.items()
        ),
        FINE,
    ),
)
