"""People with few rights in a namespace, and what they are answered."""

import json

from tests.support.cluster.kubectl import Document, Refused, Space

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
