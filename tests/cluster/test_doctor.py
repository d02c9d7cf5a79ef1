"""Faulty set-ups on the real cluster: doctor, or lint before it, names each.

`make test-doctor` plays them and keeps what was said; docs/reference/diagnosis.md shows it.
"""

import json
import re
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from refit_cli.__main__ import app
from refit_cli.exits import Exit
from refit_cli.lint.command import lint_text
from tests.diagnosis.faults import FAULTS, HEALTHY, Fault, monitor_of
from tests.diagnosis.surroundings import forwarded
from tests.diagnosis.told import Told, fixed, keep, of_status
from tests.support.cluster.apart import Apart
from tests.support.cluster.kubectl import Refused, Space, cluster_environment, merge
from tests.support.cluster.plugin import refit
from tests.support.local import until
from tests.support.prometheus.fakes import answer, serve

pytestmark = pytest.mark.doctor
LIMIT_S = 90
Line = tuple[str, str, str]


def lint(fault: Fault) -> tuple[str, ...]:
    """Return what lint says of the monitor's file."""
    _, found = lint_text("monitor.yaml", yaml.safe_dump(monitor_of(fault)))
    return tuple(f"{each.finding.severity}: {each.finding.field}: {each.finding.message}" for each in found)


def arrange(fault: Fault, space: Space) -> None:
    fault.before(space)
    space.apply(*fault.claims)
    if fault.target:
        space.apply(fault.target)
    space.apply(monitor_of(fault))
    fault.after(space)


def doctor(space: Space) -> tuple[int, tuple[Line, ...]]:
    """Return doctor's exit code, and what isn't as it should be, or couldn't be examined.

    Prometheus is a process of this host, to which the API server's proxy leads no way: it is named, unless the monitor
    names a server.
    """
    environment = cluster_environment()
    words = ["doctor", "reviews", "-o", "json", "-n", space.name, "--kubeconfig", environment["KUBECONFIG"]]
    named = space.get("mmon", "reviews")["spec"].get("prometheus", {}).get("serverAddress")
    words += [] if named else ["--prometheus", environment["REFIT_PROMETHEUS_URL"]]
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    lines = ((each["check"], each["result"], each["message"]) for each in json.loads(told.stdout))
    return told.exit_code, tuple(line for line in lines if line[1] != "ok")


def is_named(fault: Fault, lines: tuple[Line, ...]) -> bool:
    return any(line[0] == fault.check and fault.says in line[2] for line in lines)


def tell(fault: Fault, space: Space) -> None:
    """Wait until the operator has seen the fault, and doctor names it; what is said is kept in any case."""
    said = [doctor(space)]

    def is_told() -> bool:
        said.append(doctor(space))
        return is_named(fault, said[-1][1])

    try:
        if fault.settled[0]:
            space.wait_condition("mmon/reviews", *fault.settled, limit_s=LIMIT_S)
        until(is_told, LIMIT_S, f"doctor doesn't name {fault.check}: {fault.says}")
    except AssertionError:
        said.append(doctor(space))
        raise
    finally:
        code, lines = said[-1]
        told = Told(fault.name, lint(fault), lines, of_status(space.get("mmon", "reviews"), space.list("rr")))
        keep(fixed(space, told))
    assert code == (Exit.FOUND if any(line[1] == "fail" for line in lines) else Exit.OK)


def test_of_what_works_doctor_has_no_objection(space: Space) -> None:
    arrange(HEALTHY, space)
    space.wait_condition("mmon/reviews", *HEALTHY.settled)
    space.wait_condition("mmon/reviews", "WithinThreshold", "Within")
    code, lines = doctor(space)
    assert (code, lines, lint(HEALTHY)) == (Exit.OK, (), ())
    service = forwarded(space)
    told = refit(space, "doctor", "reviews", "-o", "json", "--service", service).data
    found = {each["check"]: each["message"] for each in told}
    assert found["prometheus"] == f"{service} answers (as {service})"
    assert "the newest sample behind it is" in found["query"]


@pytest.mark.parametrize("fault", [pytest.param(each, id=each.name) for each in FAULTS if not each.apart])
def test_a_fault_is_named(fault: Fault, space: Space) -> None:
    if fault.is_refused:
        with pytest.raises(Refused, match=fault.says) as refused:
            arrange(fault, space)
        keep(fixed(space, Told(fault.name, lint(fault), (), (f"refused: {sentence(str(refused.value))}",))))
        return
    arrange(fault, space)
    tell(fault, space)


def sentence(refusal: str) -> str:
    """Return what the API server says, without kubectl's words around it."""
    words = refusal.strip().splitlines()[-1]
    return re.sub(r"^.*? (is invalid|is forbidden|denied request): ", "", words)


APART: dict[str, Any] = {fault.name: fault for fault in FAULTS if fault.apart}


def test_a_server_that_asks_for_credentials_is_named(apart: Apart) -> None:
    fault = APART["Prometheus asks for credentials"]
    with (
        serve(answer("401 Unauthorized", b"")) as address,
        apart.operator(REFIT_PROMETHEUS_ALLOWED="http://localhost:*"),
    ):
        apart.space.apply(*fault.claims, fault.target)
        apart.space.apply(merge(monitor_of(fault), {"spec": {"prometheus": {"serverAddress": address}}}))
        tell(fault, apart.space)


def test_a_namespace_that_no_operator_serves_is_named(apart: Apart) -> None:
    fault = APART["no operator serves the namespace"]
    arrange(fault, apart.space)
    tell(fault, apart.space)
