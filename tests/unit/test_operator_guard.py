"""Which names of Jobs the policy on the operator's own account lets through: those that runs give them."""

import cel
import pytest
import yaml

from localcluster.paths import CHECKOUT
from tests.support.samples import NOW, make_run

GUARD = CHECKOUT / "manifests/base/operator-guard.yaml"
TIME = NOW.isoformat()


def is_owned(name: str, owner: str) -> bool:
    """Evaluate the clause about names alone: the rest has optional fields, which this CEL doesn't know."""
    policies = (document for document in yaml.safe_load_all(GUARD.read_text()) if document)
    variables = (one for policy in policies for one in policy["spec"].get("variables", ()))
    expression = next(one["expression"] for one in variables if one["name"] == "isOwned")
    clause = next(part for part in expression.split("&&") if "metadata.name ==" in part)
    seen = {"owner": {"name": owner}, "variables": {"job": {"metadata": {"name": name}}}}
    return bool(cel.evaluate(clause.strip(), seen))


@pytest.mark.parametrize("status", [{}, {"holdoutChangedTime": TIME}, {"lostReportTime": TIME}])
def test_the_job_of_a_run_is_let_through_by_each_name_that_it_has(status: dict[str, str]) -> None:
    run = make_run(status=status)
    assert is_owned(run.job_name, run.metadata.name)


@pytest.mark.parametrize("name", ["other", "run-1-other", "run-1-train-judge", "run-1train"])
def test_no_other_name_is(name: str) -> None:
    assert not is_owned(name, "run-1")
