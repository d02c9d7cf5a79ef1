"""Whom an approval names: the policy's and the CRD's own expressions, by the CEL that lint evaluates.

tests/hostile/approvals.py asks a real API server the same.
"""

from typing import Any

import cel
import pytest
import yaml

from localcluster.paths import CHECKOUT
from refit_operator.api.immutability import MUTABLE

POLICY = next(yaml.safe_load_all((CHECKOUT / "manifests/base/run-guard.yaml").read_text()))["spec"]
ADA, OPERATOR = "ada@example.com", "system:serviceaccount:refit-system:refit-operator"
APPROVED = {"approval": "Approved"}
Spec = dict[str, Any]


def refused(user: str, new: Spec, old: Spec | None = None, operation: str = "UPDATE", **status: str) -> list[str]:
    """Return what the policy says against a change of a run's spec."""
    objects = {"object": {"spec": new, "metadata": {}}, "oldObject": {"spec": old or {}, "metadata": {}}}
    if status:
        objects["oldObject"]["status"] = status
    seen: dict[str, Any] = objects | {"request": {"operation": operation, "userInfo": {"username": user}}}
    variables: Spec = {}
    for one in POLICY["variables"]:
        variables[one["name"]] = cel.evaluate(one["expression"], seen | {"variables": variables})
    seen |= {"variables": variables}
    failed = [one for one in POLICY["validations"] if not cel.evaluate(one["expression"], seen)]
    return [one.get("message") or cel.evaluate(one["messageExpression"], seen) for one in failed]


@pytest.mark.parametrize("user", [ADA, OPERATOR])
@pytest.mark.parametrize(
    "said",
    [
        APPROVED,
        APPROVED | {"approvalBy": "grace@example.com"},
        APPROVED | {"approvalBy": ""},
        {"approval": "Rejected", "approvalBy": "grace@example.com", "approvalReason": "x"},
        {"approvalReason": "x"},
    ],
    ids=["no name", "another's name", "an empty name", "another's rejection", "a reason alone"],
)
def test_only_ones_own_name_is_taken(user: str, said: Spec) -> None:
    (message,) = refused(user, said)
    assert f"set spec.approvalBy to {user} with it" in message


@pytest.mark.parametrize("user", [ADA, "system:serviceaccount:argocd:argocd-server"])
def test_in_ones_own_name_it_is(user: str) -> None:
    assert refused(user, APPROVED | {"approvalBy": user, "approvalReason": "x"}) == []


def test_what_was_said_by_somebody_else_keeps_nobody_from_an_abort() -> None:
    said = APPROVED | {"approvalBy": "grace@example.com"}
    assert refused(ADA, said | {"abort": True}, said) == []
    assert refused(ADA, APPROVED | {"abort": True}, APPROVED) == [], "an approval of before names nobody"
    assert refused(ADA, {"abort": True}, outcome="Failed") == []


def test_a_run_that_has_ended_is_not_approved() -> None:
    assert refused(ADA, APPROVED | {"approvalBy": ADA}, outcome="Failed") == ["spec.approval: the run has ended"]


def test_a_run_is_not_made_with_somebodys_approval() -> None:
    assert refused(OPERATOR, {"ordinal": 1}, operation="CREATE") == []
    assert len(refused(OPERATOR, APPROVED | {"approvalBy": ADA}, operation="CREATE")) == 1


@pytest.mark.parametrize("name", ["approvalBy", "approvalReason"])
@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        ({}, APPROVED | {"it": "x"}, True),
        ({}, APPROVED, True),
        (APPROVED | {"it": "x"}, APPROVED | {"it": "x", "abort": True}, True),
        ({}, {"it": "x"}, False),
        (APPROVED, APPROVED | {"it": "x"}, False),
        (APPROVED | {"it": "x"}, APPROVED | {"it": "y"}, False),
        (APPROVED | {"it": "x"}, APPROVED, False),
    ],
    ids=["set with it", "left out", "kept", "set before", "set after", "changed", "removed"],
)
def test_it_is_set_together_with_the_approval(name: str, old: Spec, new: Spec, allowed: bool) -> None:
    both = [{name if key == "it" else key: value for key, value in spec.items()} for spec in (new, old)]
    assert cel.evaluate(MUTABLE[name][0], {"self": both[0], "oldSelf": both[1]}) is allowed
