"""An admission policy of another tool that refuses what the operator writes in one namespace."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from localcluster.disposable import disposable
from tests.support.cluster.kubectl import OPERATOR, Document, Refused, Space, kubectl
from tests.support.local import until

WORDS = "statuses are frozen for the audit"


@contextmanager
def refused_statuses(space: Space) -> Iterator[None]:
    """Refuse each status of a monitor that the operator writes there, while it lasts. One has to be there."""
    name = f"frozen-{space.name}"
    rule = {"apiGroups": ["refit.dev"], "apiVersions": ["*"], "operations": ["UPDATE"]}
    matched: Document = {
        "resourceRules": [rule | {"resources": ["modelmonitors/status"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space.name}},
    }
    asked = "has(request.dryRun) && request.dryRun"
    ours = [{"name": "operator", "expression": f"request.userInfo.username == '{OPERATOR}' || {asked}"}]
    policy = {
        "failurePolicy": "Fail",
        "matchConstraints": matched,
        "matchConditions": ours,
        "validations": [{"expression": "false", "message": WORDS}],
    }
    binding = {"policyName": name, "validationActions": ["Deny"]}
    made = (
        _admission("ValidatingAdmissionPolicy", name, policy),
        _admission("ValidatingAdmissionPolicyBinding", name, binding),
    )
    try:
        kubectl("apply", "-f", "-", stdin="\n---\n".join(map(json.dumps, made)))
        until(lambda: _is_in_force(space), 60, "the API server doesn't take the policy up")
        yield
    finally:
        for document in made:
            kubectl("delete", document["kind"].lower(), name, "--ignore-not-found")


def _is_in_force(space: Space) -> bool:
    """Ask by a dry run, which it refuses to all: a policy takes effect some time after it is stored."""
    change = ("--subresource=status", "--type=merge", "-p", '{"status": {"attempts": 0}}')
    name = space.list("mmon")[0]["metadata"]["name"]
    try:
        space.run("patch", "mmon", name, *change, "--dry-run=server")
    except Refused as error:
        return WORDS in str(error)
    return False


def _admission(kind: str, name: str, spec: Document) -> Document:
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}}
    return disposable(head | {"spec": spec})
