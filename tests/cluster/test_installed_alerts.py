"""The alerts by which a user learns that no operator works: of the installed one, whose pods the runbook names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cluster.installed import OPERATOR
from tests.support.cluster.kubectl import ROOT, kubectl
from tests.support.cluster.on_call import OnCall
from tests.support.prometheus.alerting import Alerting

pytestmark = pytest.mark.alerts


@pytest.fixture
def on_call(operator: str, tmp_path: Path) -> Iterator[OnCall]:
    with Alerting(tmp_path) as alerting:
        on_call = OnCall(alerting)
        on_call.until_led()
        yield on_call


def test_an_operator_at_zero_replicas_is_down(on_call: OnCall) -> None:
    OPERATOR.run("scale", "deploy/refit-operator", "--replicas=0")
    call = on_call.called_by("RefitOperatorDown")
    assert "0/0" in call.look()
    call.mend("scale")
    call.until_over()
    on_call.until_led()


def test_an_operator_that_may_not_write_its_lease_doesnt_lead(on_call: OnCall) -> None:
    OPERATOR.run("delete", "rolebinding", "refit-operator")
    try:
        call = on_call.called_by("RefitNoLeader")
        seen = call.look()
        assert "forbidden" in seen and "\nno\n" in seen
    finally:
        kubectl("apply", "-f", str(ROOT / "manifests/base/rbac.yaml"))
    call.until_over()
    on_call.until_led()
