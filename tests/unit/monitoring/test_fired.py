"""Each alert is brought about on a real node: docs/reliability/alerts.md says by which test, or why it isn't."""

import re

from localcluster.paths import CHECKOUT
from tests.support.prometheus.alerting import RULES
from tests.support.runbooks import sections

FIRED = CHECKOUT / "docs" / "reliability" / "alerts.md"
ROW = re.compile(r"^\| \[(\w+)\]\(\.\./runbooks/(\w+)\.md#(\w+)\) \| (.+?) \| (.+?) \|$", re.MULTILINE)
TEST = re.compile(r"\[`(\w+)`\]\(\.\./\.\./(tests/cluster/\w+\.py)\)")


def test_the_page_says_of_each_alert_how_it_fired_or_why_not() -> None:
    named = [(alert, page, part) for alert, page, part, _, _ in ROW.findall(FIRED.read_text())]
    alerts = re.findall(r"^  - alert: (\w+)$", RULES.read_text(), re.MULTILINE)
    assert [alert for alert, _, _ in named] == alerts
    assert all(part == alert.lower() and alert in sections(f"docs/runbooks/{page}.md") for alert, page, part in named)


def test_each_test_that_the_page_names_waits_for_that_alert() -> None:
    for alert, _, _, _, how in ROW.findall(FIRED.read_text()):
        named = TEST.findall(how)
        assert named or how.startswith("not fired: "), alert
        for name, path in named:
            _, found, body = (CHECKOUT / path).read_text().partition(f"def {name}(")
            assert found and f'"{alert}"' in body.partition("\ndef ")[0], f"{name} doesn't wait for {alert}"
