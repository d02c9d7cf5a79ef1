"""What an administrator sets reaches the place where it holds, and what can't be meant stops the operator."""

from typing import Any, cast

import pytest
from pydantic import ValidationError

from refit_operator.__main__ import make_ports
from refit_operator.kubernetes_api.clock import Clock
from refit_operator.prometheus.rules.headers import AllowedHeader
from refit_operator.settings import Settings


async def test_what_monitors_may_read_reaches_the_reader() -> None:
    settings = Settings(prometheus_namespace_label="namespace", prometheus_headers="shop/X-Scope-OrgID=retail")
    ports, _ = await make_ports(cast(Any, None), Clock(), settings)
    assert ports.reader.namespace_label == "namespace"
    assert ports.reader.servers.headers == (AllowedHeader("shop", "X-Scope-OrgID", "retail"),)


async def test_audit_documents_are_kept_where_a_setting_says_alone() -> None:
    kept, _ = await make_ports(cast(Any, None), Clock(), Settings(audit_folder="/var/lib/refit/audit"))
    nowhere, _ = await make_ports(cast(Any, None), Clock(), Settings())
    assert kept.keeper and nowhere.keeper is None


@pytest.mark.parametrize(
    "wrong",
    [{"prometheus_namespace_label": "a-b"}, {"prometheus_headers": "X-Scope-OrgID=shop"}, {"prometheus_allowed": "a"}],
)
def test_a_setting_that_cannot_be_meant_stops_the_operator(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(**cast(Any, wrong))
