"""What the attackers find in the namespace of the play, and who they are there."""

import json

from tests.hostile.forgeries import pod
from tests.hostile.jobs import RUN, job
from tests.support.cluster.kubectl import OPERATOR, Document, Space
from tests.support.cluster.objects import CLAIMS, idle_target, monitor
from tests.support.cluster.people import forged_run, say
from tests.support.cluster.targets import stateful_set
from tests.support.cluster.tenants import JOBS, TARGETS, core, tenant

JOB_CONTROLLER = "system:serviceaccount:kube-system:job-controller"
SECRETS: tuple[Document, ...] = tuple(
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"token": "x", "x": "x"}}
    for name in ("bank", "mine")
)
MAPS: tuple[Document, ...] = tuple(
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"x": "x"}}
    for name in ("plan", "mine")
)


def set_scene(space: Space) -> None:
    """Have the users, targets, a monitor, runs, a Job and pods there."""
    add_users(space)
    lend_shadows(space)
    space.apply(
        *SECRETS,
        *MAPS,
        *CLAIMS,
        idle_target(),
        stateful_set(replicas=0),
        monitor("kept", serving={"targetRef": {"name": "reviews"}}, suspend=True),
    )
    for name in ("forged", "decided", "ended"):
        add_run(space, name)
    end_run(space, "ended")
    say(space, "decided", approval="Approved", abort=True)
    add_job(space, "forged")
    space.apply(pod())
    made = pod(name="of-a-run", labels={"refit.dev/run": RUN})
    space.run("create", "--as", JOB_CONTROLLER, "-f", "-", stdin=json.dumps(made))


def lend_shadows(space: Space) -> None:
    """Lend the operator the right to make a shadow: what it may make with it the policy says."""
    account = "--serviceaccount=refit-system:refit-operator"
    space.run("create", "rolebinding", "refit-shadow", "--clusterrole=refit-shadow", account)


def add_users(space: Space) -> None:
    """Have each attacker with what they have; `outsider` has nothing."""
    modest = (core("secrets", "get", "mine"), core("configmaps", "get", "mine"))
    tenant(space, "modest", JOBS, TARGETS, *modest)
    tenant(space, "nobody", TARGETS)
    tenant(space, "trainer", JOBS)
    space.run("create", "rolebinding", "edit", "--clusterrole=edit", f"--user=editor@{space.name}")


def add_run(space: Space, name: str) -> None:
    """Have a run of no monitor, which the operator never looks at."""
    made = forged_run().replace("name: forged", f"name: {name}")
    space.run("create", "--as", OPERATOR, "-f", "-", stdin=made)


def end_run(space: Space, name: str) -> None:
    """Have that run ended, as the operator's account says it."""
    status = json.dumps({"status": {"outcome": "Aborted"}})
    who = ("--as", OPERATOR, "--as-group", "system:masters")
    space.run("patch", "rr", name, *who, "--subresource=status", "--type=merge", "-p", status)


def add_job(space: Space, run: str) -> None:
    """Have that run's Job, suspended."""
    made = job()
    made["metadata"]["ownerReferences"][0] |= {"name": run, "uid": space.get("rr", run)["metadata"]["uid"]}
    made["metadata"]["name"] = run
    for labels in (made["metadata"]["labels"], made["spec"]["template"]["metadata"]["labels"]):
        labels["refit.dev/run"] = run
    made["spec"]["suspend"] = True
    space.run("create", "--as", OPERATOR, "-f", "-", stdin=json.dumps(made))
