"""The rules that the tests on the cluster evaluate are those of the manifests, but for their times."""

import re
from typing import Any

import yaml

from tests.support.prometheus.alerting import RULES
from tests.support.prometheus.shortened import SCRAPED_EVERY_S, shortened


def rules(text: str) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


TEXT = RULES.read_text()
BOTH = list(zip(rules(TEXT), rules(shortened(TEXT)), strict=True))
RANGE = re.compile(r"\[[^\]]*\]")
LATE = "3 * refit_monitor_interval_seconds + "


def timeless(expr: str, minutes_are_s: int) -> str:
    """Return an expression without its ranges, and without the minutes that a reading may be late."""
    return RANGE.sub("", expr).replace(f"{LATE}{5 * minutes_are_s}", LATE)


def test_nothing_else_of_a_rule_is_changed() -> None:
    for rule, short in BOTH:
        assert {**short, "for": rule.get("for"), "expr": rule["expr"]} == {**rule, "for": rule.get("for")}
        assert timeless(short["expr"], 1) == timeless(rule["expr"], 60)
        assert len(RANGE.findall(short["expr"])) == len(RANGE.findall(rule["expr"]))


def test_who_waits_goes_on_waiting_and_who_doesnt_doesnt() -> None:
    assert {("for" in rule, "for" in short) for rule, short in BOTH} == {(True, True), (False, False)}
    assert {short["for"] for _, short in BOTH if "for" in short} == {"2s"}


def test_a_range_is_shorter_and_has_several_scrapes() -> None:
    found = [text for _, short in BOTH for text in RANGE.findall(short["expr"])]
    seconds = [int(text.strip("[s]")) for text in found]
    assert found and all(one % SCRAPED_EVERY_S == 0 and 4 * SCRAPED_EVERY_S <= one <= 60 for one in seconds)


def test_a_minute_is_a_second() -> None:
    assert shortened("    expr: rate(a[10m]) + rate(b[2h])\n    for: 15m\n") == (
        "    expr: rate(a[10s]) + rate(b[120s])\n    for: 2s\n"
    )


def test_a_reading_is_late_sooner_and_no_other_number_is_another() -> None:
    assert [rule["alert"] for rule, short in BOTH if LATE in rule["expr"] and f"{LATE}5" in short["expr"]] == [
        "RefitOperatorSilent",
        "RefitReadingOverdue",
    ]
    other = "    expr: a > 300 and b < 3600 + 300 and 30 * 86400 < 3 * c + 300\n"
    assert shortened(other) == other
