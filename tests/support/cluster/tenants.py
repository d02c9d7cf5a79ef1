"""People with few rights in a namespace, and what they are answered."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import yaml

from localcluster.disposable import disposable
from tests.support.cluster.kubectl import ROOT, Document, Refused, Space, kubectl

MONITORS = {"apiGroups": ["refit.dev"], "resources": ["modelmonitors"], "verbs": ["*"]}
JOBS = {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create"]}
TARGETS = {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["reviews"], "verbs": ["patch"]}


def core(resource: str, verb: str, *names: str) -> Document:
    """A right to some objects of the core group, or to all."""
    named = {"resourceNames": list(names)} if names else {}
    return {"apiGroups": [""], "resources": [resource], "verbs": [verb], **named}


def tenant(space: Space, name: str, *rights: Document) -> str:
    """Have a user who may write monitors in the namespace, and what else is given; return the user's name."""
    rbac, head = "rbac.authorization.k8s.io", {"metadata": {"name": name}}
    user = f"{name}@{space.name}"
    space.apply(
        head | {"apiVersion": f"{rbac}/v1", "kind": "Role", "rules": [MONITORS, *rights]},
        head
        | {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": name},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}],
        },
    )
    return user


def answer(space: Space, user: str, *words: str, document: Document | None = None) -> str:
    """Return what the API server answers the user; nothing is kept of what it takes."""
    stdin = json.dumps(document) if document else None
    try:
        return space.run(*words, "--dry-run=server", "--as", user, *(("-f", "-") if document else ()), stdin=stdin)
    except Refused as refused:
        return str(refused)


@contextmanager
def allowing_here(space: Space, **lists: str) -> Iterator[None]:
    """Have the policy of what may be named once more, for one namespace, with lists of its own."""
    name = f"allowed-{space.name}"
    documents = yaml.safe_load_all((ROOT / "manifests/base/monitor-limits.yaml").read_text())
    made, binding = (one for one in documents if one["metadata"]["name"] == "refit-monitor-allowed")
    for variable in made["spec"]["variables"]:
        variable["expression"] = lists.get(variable["name"], variable["expression"])
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": space.name}}}
    binding["spec"] |= {"policyName": name, "matchResources": here}
    try:
        for document in (made, binding):
            document["metadata"] = {"name": name}
            kubectl("apply", "-f", "-", stdin=json.dumps(disposable(document)))
        yield
    finally:
        kinds = "validatingadmissionpolicybinding,validatingadmissionpolicy"
        kubectl("delete", kinds, name, "--ignore-not-found")
