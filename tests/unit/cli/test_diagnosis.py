"""The faulty set-ups of `make test-doctor`: lint finds those that a file shows, and what was said names each fault."""

import pytest
import yaml

from localcluster.paths import CHECKOUT
from refit_cli.lint.command import lint_text
from tests.diagnosis.faults import FAULTS, HEALTHY, Fault, monitor_of
from tests.diagnosis.page import KEPT, render
from tests.diagnosis.told import Told, parse


@pytest.mark.parametrize("fault", [pytest.param(each, id=each.name) for each in (HEALTHY, *FAULTS)])
def test_lint_finds_what_a_file_shows(fault: Fault) -> None:
    _, found = lint_text("monitor.yaml", yaml.safe_dump(monitor_of(fault)))
    assert {each.finding.rule for each in found} == ({fault.lint} if fault.lint else set())


@pytest.fixture(scope="module")
def kept() -> dict[str, Told]:
    return {each.fault: each for each in parse((CHECKOUT / KEPT).read_text())}


@pytest.mark.parametrize("fault", [pytest.param(each, id=each.name) for each in FAULTS])
def test_what_was_said_names_the_fault(fault: Fault, kept: dict[str, Told]) -> None:
    told = kept[fault.name]
    if fault.is_refused:
        assert fault.says in told.status[0] and told.doctor == ()
        return
    assert [line for line in told.doctor if line[0] == fault.check and fault.says in line[2]] != []
    assert fault.settled[1] in ("", "Value") or any(fault.settled[1] in line for line in told.status)


def test_the_page_has_every_fault_and_refuses_to_leave_one_out(kept: dict[str, Told]) -> None:
    page = render([*kept.values()])
    assert page.count("### ") == len(FAULTS)
    with pytest.raises(ValueError, match=FAULTS[0].name):
        render([told for name, told in kept.items() if name != FAULTS[0].name])
