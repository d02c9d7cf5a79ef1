"""What a demo or a test leaves goes before the next one begins, and nothing else does."""

from localcluster.disposable import CONTROLLER, OBJECT, disposable, remove
from tests.support.cluster.kubectl import Document, Refused, Space, cluster_environment, kubectl, new_namespace
from tests.support.cluster.objects import claim, target

RULES = "rbac.authorization.k8s.io/v1"


def volume(name: str) -> Document:
    spec = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Mi"}, "hostPath": {"path": "/opt"}}
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec}


def exists(what: str) -> bool:
    try:
        kubectl("get", what)
    except Refused as error:
        assert "NotFound" in str(error)
        return False
    return True


def installed(name: str) -> tuple[Document, Document]:
    """What a controller's installation leaves: some of it in a namespace that isn't its own."""
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    meta = {"apiVersion": RULES, "metadata": {"name": name}}
    return meta | {"kind": "ClusterRole", "rules": []}, meta | {"kind": "RoleBinding", "roleRef": role}


def test_what_has_the_label_goes_and_nothing_else(namespace: Space) -> None:
    """By a label of this test's own: those beside it are at work in namespaces that have the real one."""
    label, ours, theirs = f"refit.dev/{namespace.name}", f"{namespace.name}-left", f"{namespace.name}-users"
    with new_namespace(ours, **{label: OBJECT}) as left, new_namespace(theirs, **{label + "-not": OBJECT}) as users:
        for space in (left, users):
            space.apply(claim("models"), target())
        users.run("rollout", "status", "deploy/reviews", "--timeout=180s", limit_s=190)
        left.apply(disposable(volume(ours), label=label))
        users.apply(disposable(volume(theirs)))
        users.apply(*(disposable(document, CONTROLLER, label) for document in installed(ours)))

        remove(cluster_environment(), label)
        gone = (f"namespace/{ours}", f"pv/{ours}", f"clusterrole/{ours}")
        assert [what for what in gone if exists(what)] == []
        assert users.run("get", "rolebinding", "-o", "name") == ""
        assert users.get("deploy", "reviews")["status"]["availableReplicas"] == 1
        assert exists(f"pv/{theirs}")
        remove(cluster_environment(), label)
    kubectl("delete", "pv", theirs)
