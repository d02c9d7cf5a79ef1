"""Two operators, each with a Lease and a selection of namespaces: each acts in its own alone, whatever becomes of the
other; and where their selections overlap, a breach still has one run, one Job and one promotion.
"""

import itertools
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml

from tests.support.cluster.alone import namespace as namespace_alone
from tests.support.cluster.hosted import SERVICE_ACCOUNT, Hosted, hosted_settings, operators
from tests.support.cluster.kubectl import ROOT, Document, Space, kubectl
from tests.support.cluster.objects import CLAIMS, monitor, target
from tests.support.cluster.runs import pointer, run_number, set_cooldown
from tests.support.local import until

COUNT = itertools.count(1)
OURS = f"faults-{os.getpid()}-share*"
RBAC = "rbac.authorization.k8s.io"
VERBS = ["get", "list", "create", "update"]
LEASES: tuple[Document, ...] = (
    {
        "apiVersion": f"{RBAC}/v1",
        "kind": "Role",
        "metadata": {"name": "leases"},
        "rules": [
            {
                "apiGroups": ["coordination.k8s.io"],
                "resources": ["leases"],
                "verbs": ["get", "create", "update", "list"],
            }
        ],
    },
    {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "leases"},
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "leases"},
        "subjects": [{"kind": "ServiceAccount", "namespace": "refit-system", "name": SERVICE_ACCOUNT}],
    },
)


class Shared:
    """Two namespaces that the installed operator leaves alone, each with a target, and operators that share them."""

    def __init__(self, spaces: list[Space], folder: Path) -> None:
        self.first, self.second = spaces
        self._folder, self._settings = folder, hosted_settings(folder)
        self.first.apply(*LEASES)
        for space in spaces:
            space.apply(*CLAIMS, target())
        for space in spaces:
            space.run("rollout", "status", "deploy/reviews", "--timeout=90s", limit_s=100)

    @contextmanager
    def operator(self, lease: str, namespaces: str) -> Iterator[Hosted]:
        """Have an operator that leads by its own Lease while it lasts; at its end it is killed."""
        ours = {"REFIT_NAMESPACE": "", "REFIT_NAMESPACES": namespaces, "REFIT_LEASE_NAME": lease}
        often = {"REFIT_RESYNC_SECONDS": "3"}
        log = self._folder / f"{lease}-{next(COUNT)}.log"
        settings = self._settings | {"REFIT_LEADER_ELECTION": "true", **ours, **often}
        with operators(Hosted(self.first, log, **settings)) as (operator,):
            operator.wait_for("/readyz", 200)
            yield operator


@pytest.fixture
def shared(policy: None, tmp_path: Path) -> Iterator[Shared]:
    with ExitStack() as made:
        names = (f"share{next(COUNT)}" for _ in range(2))
        yield Shared([made.enter_context(namespace_alone(name)) for name in names], tmp_path)


def lines_of(operator: Hosted) -> list[Document]:
    return [json.loads(line) for line in operator.log.read_text().splitlines() if line.startswith("{")]


def acted_in(operator: Hosted) -> set[str]:
    """Return the namespaces in which it did something, by its log."""
    about = [str(line[key]) for line in lines_of(operator) for key in ("monitor", "run", "job") if key in line]
    return {name.partition("/")[0] for name in about}


def shares_with(operator: Hosted) -> set[str]:
    """Return the Leases of those that serve the same namespaces, as it says."""
    return {str(line["lease"]) for line in lines_of(operator) if line["event"].startswith("another operator serves")}


def promoted(space: Space, ordinal: int) -> None:
    run = run_number(space, ordinal)
    assert run["status"]["outcome"] == "Promoted"
    assert pointer(space) == run["status"]["pointerChange"]["new"]


def events(space: Space, reason: str, about: str) -> int:
    found = space.list("events.events.k8s.io")
    return sum(event["reason"] == reason and event["regarding"]["name"] == about for event in found)


def test_each_acts_in_its_own_namespaces_and_outlives_the_other(shared: Shared) -> None:
    first, second = shared.first, shared.second
    with shared.operator("second", f"{OURS},!{first.name}") as other:
        with shared.operator("first", first.name) as one:
            for space in (first, second):
                space.apply(monitor())
            for space in (first, second):
                promoted(space, 1)
        for space in (first, second):
            set_cooldown(space, "0s")
        run_number(second, 2)
        set_cooldown(second, "1h")
        assert (acted_in(one), acted_in(other)) == ({first.name}, {second.name})
        assert [run["spec"]["ordinal"] for run in first.list("rr")] == [1]
        with shared.operator("first", first.name) as one:
            run_number(first, 2)
            assert (acted_in(one), acted_in(other)) == ({first.name}, {second.name})
            assert shares_with(one) == shares_with(other) == set()
    assert {lease["metadata"]["name"] for lease in first.list("lease")} == {"first", "second"}


def test_where_selections_overlap_a_breach_has_one_run_one_job_and_one_promotion(shared: Shared) -> None:
    space = shared.first
    with shared.operator("first", space.name) as one, shared.operator("second", OURS) as other:
        space.apply(monitor())
        promoted(space, 1)
        assert acted_in(one) | acted_in(other) == {space.name}
        until(lambda: (shares_with(one), shares_with(other)) == ({"second"}, {"first"}), 30, "they don't say it")
        assert (one.process.poll(), other.process.poll()) == (None, None)
    (name,) = [run["metadata"]["name"] for run in space.list("rr")]
    assert [job["metadata"]["name"] for job in space.list("job")] == [name]
    assert events(space, "CheckpointPromoted", "reviews") == 1
    assert len(space.list("rs")) == 2


def built(folder: str) -> dict[str, Document]:
    """Return what kustomize makes of a folder of the manifests, by kind and name."""
    found = yaml.safe_load_all(kubectl("kustomize", str(ROOT / "manifests" / folder)))
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in found}


def test_two_operators_are_the_one_and_what_is_the_seconds_own(operator: str) -> None:
    one, two = built("base"), built("overlays/shared")
    assert two.keys() - one.keys() == {
        f"Deployment/{operator}-2",
        f"NetworkPolicy/{operator}-2",
        "Service/refit-progress-2",
    }
    changed = {name for name, document in one.items() if two[name] != document}
    assert changed == {f"Deployment/{operator}", f"Role/{operator}", f"ValidatingAdmissionPolicy/{operator}-others"}
    kubectl("apply", "--dry-run=server", "-k", str(ROOT / "manifests/overlays/shared"))
