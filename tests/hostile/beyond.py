"""Requests beyond anybody's task: what RBAC alone refuses, of the operator's token and of tenants."""

from tests.hostile.vectors import MERGE, Document, Entry, Family, Request, Vector
from tests.support.cluster.kubectl import OPERATOR
from tests.support.cluster.objects import RESTRICTED, STUB, monitor

RBAC, ADMISSION = "/apis/rbac.authorization.k8s.io/v1", "/apis/admissionregistration.k8s.io/v1"
HERE, OURS, SYSTEM = "/api/v1/namespaces/{ns}", "/api/v1/namespaces/refit-system", "/api/v1/namespaces/kube-system"
REFIT = "/apis/refit.dev/v1alpha1"
ADMIN = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}


def binding(kind: str) -> Document:
    """A binding that makes its author the administrator."""
    subjects = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:authenticated"}]
    head = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "evil"}}
    return head | {"roleRef": ADMIN, "subjects": subjects}


def pod() -> Document:
    container = {"name": "main", "image": STUB, "securityContext": RESTRICTED}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "evil"}, "spec": {"containers": [container]}}


PATCH: Document = {"metadata": {"labels": {"a": "b"}}}
Asked = dict[str, tuple[str, str, Document | None]]
ABOVE: Asked = {
    "read every Secret of the cluster": ("GET", "/api/v1/secrets", None),
    "read the Secrets of kube-system": ("GET", f"{SYSTEM}/secrets", None),
    "list the namespaces": ("GET", "/api/v1/namespaces", None),
    "make a namespace": ("POST", "/api/v1/namespaces", {"metadata": {"name": "evil"}}),
    "delete kube-system": ("DELETE", "/api/v1/namespaces/kube-system", None),
    "talk to a kubelet": ("GET", "/api/v1/nodes/refit-node/proxy/pods", None),
    "label a node": ("PATCH", "/api/v1/nodes/refit-node", PATCH),
    "make a volume of the node's files": ("POST", "/api/v1/persistentvolumes", {"metadata": {"name": "evil"}}),
    "become the administrator": ("POST", f"{RBAC}/clusterrolebindings", binding("ClusterRoleBinding")),
    "widen the operator's role": ("PATCH", f"{RBAC}/clusterroles/refit-operator", PATCH),
    "bind refit-secrets in kube-system": (
        "POST",
        f"{RBAC}/namespaces/kube-system/rolebindings",
        binding("RoleBinding"),
    ),
    "delete a policy's binding": (
        "DELETE",
        f"{ADMISSION}/validatingadmissionpolicybindings/refit-operator-jobs",
        None,
    ),
    "change a policy": ("PATCH", f"{ADMISSION}/validatingadmissionpolicies/refit-monitor-requester", PATCH),
    "change every object by a webhook": (
        "POST",
        f"{ADMISSION}/mutatingwebhookconfigurations",
        {"metadata": {"name": "evil"}},
    ),
    "change the monitors' schema": (
        "PATCH",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/modelmonitors.refit.dev",
        PATCH,
    ),
    "have a certificate signed": (
        "POST",
        "/apis/certificates.k8s.io/v1/certificatesigningrequests",
        {"metadata": {"name": "evil"}},
    ),
    "take a token of the operator": ("POST", f"{OURS}/serviceaccounts/refit-operator/token", {"spec": {}}),
    "take a token of the Job controller": ("POST", f"{SYSTEM}/serviceaccounts/job-controller/token", {"spec": {}}),
    "run a command in kube-system": ("POST", f"{SYSTEM}/pods/x/exec?command=id", None),
    "read the operator's log": ("GET", f"{OURS}/pods/refit-operator-0/log", None),
    "write the operator's environment": ("PATCH", "/apis/apps/v1/namespaces/refit-system/daemonsets/x", PATCH),
    "open the operator's network": (
        "PATCH",
        "/apis/networking.k8s.io/v1/namespaces/refit-system/networkpolicies/refit-operator",
        PATCH,
    ),
    "bind a role in refit-system": ("POST", f"{RBAC}/namespaces/refit-system/rolebindings", binding("RoleBinding")),
    "write a ConfigMap of kube-system": ("PATCH", f"{SYSTEM}/configmaps/coredns", PATCH),
}
OTHERS: Asked = {
    "take the operator's Lease": (
        "PATCH",
        "/apis/coordination.k8s.io/v1/namespaces/refit-system/leases/refit-operator",
        PATCH,
    ),
    "read the operator's certificate": ("GET", f"{OURS}/secrets/refit-progress-tls", None),
    "change the operator": ("PATCH", "/apis/apps/v1/namespaces/refit-system/deployments/refit-operator", PATCH),
    "delete the operator": ("DELETE", "/apis/apps/v1/namespaces/refit-system/deployments/refit-operator", None),
    "list every monitor": ("GET", f"{REFIT}/modelmonitors", None),
    "list every run": ("GET", f"{REFIT}/retrainruns", None),
    "write a monitor of another namespace": ("POST", f"{REFIT}/namespaces/default/modelmonitors", monitor()),
    "make a Job of another namespace": ("POST", "/apis/batch/v1/namespaces/default/jobs", {"metadata": {"name": "x"}}),
    "change a Deployment of another namespace": (
        "PATCH",
        "/apis/apps/v1/namespaces/default/deployments/reviews",
        PATCH,
    ),
    "review somebody's token": ("POST", "/apis/authentication.k8s.io/v1/tokenreviews", {"spec": {"token": "x"}}),
    "ask for the operator's metrics": ("GET", f"{OURS}/pods/refit-operator-0:8080/proxy/metrics", None),
}
UNLENT = "/apis/apps/v1/namespaces/default"
ROLES = f"{RBAC}/namespaces/{{ns}}"
INSIDE: Asked = {
    "read a Secret that nobody lent": ("GET", f"{HERE}/secrets/bank", None),
    "list the Secrets": ("GET", f"{HERE}/secrets", None),
    "read a ConfigMap": ("GET", f"{HERE}/configmaps/plan", None),
    "make a Secret": ("POST", f"{HERE}/secrets", {"metadata": {"name": "evil"}}),
    "make a pod": ("POST", f"{HERE}/pods", pod()),
    "delete a pod": ("DELETE", f"{HERE}/pods/x", None),
    "run a command in a pod": ("POST", f"{HERE}/pods/x/exec?command=id", None),
    "attach to a pod": ("POST", f"{HERE}/pods/x/attach", None),
    "forward a port of a pod": ("POST", f"{HERE}/pods/x/portforward", None),
    "add a container to a pod": ("PATCH", f"{HERE}/pods/x/ephemeralcontainers", PATCH),
    "write a pod's status": ("PATCH", f"{HERE}/pods/x/status", PATCH),
    "read a pod's log": ("GET", f"{HERE}/pods/x/log", None),
    "take a token of an account": ("POST", f"{HERE}/serviceaccounts/default/token", {"spec": {}}),
    "make a Deployment where no shadow is lent": ("POST", f"{UNLENT}/deployments", {"metadata": {"name": "x"}}),
    "delete a target where no shadow is lent": ("DELETE", f"{UNLENT}/deployments/reviews", None),
    "scale the target": ("PATCH", "/apis/apps/v1/namespaces/{ns}/deployments/reviews/scale", {"spec": {"replicas": 9}}),
    "make a StatefulSet": ("POST", "/apis/apps/v1/namespaces/{ns}/statefulsets", {"metadata": {"name": "x"}}),
    "make a DaemonSet": ("POST", "/apis/apps/v1/namespaces/{ns}/daemonsets", {"metadata": {"name": "x"}}),
    "make a CronJob": ("POST", "/apis/batch/v1/namespaces/{ns}/cronjobs", {"metadata": {"name": "x"}}),
    "make a monitor": ("POST", f"{REFIT}/namespaces/{{ns}}/modelmonitors", monitor()),
    "change a monitor": ("PATCH", f"{REFIT}/namespaces/{{ns}}/modelmonitors/kept", {"spec": {"suspend": False}}),
    "delete a monitor": ("DELETE", f"{REFIT}/namespaces/{{ns}}/modelmonitors/kept", None),
    "change a run": ("PATCH", f"{REFIT}/namespaces/{{ns}}/retrainruns/forged", {"spec": {"approval": "Approved"}}),
    "delete a claim": ("DELETE", f"{HERE}/persistentvolumeclaims/models", None),
    "change a Service": ("PATCH", f"{HERE}/services/x", PATCH),
    "bind a role": ("POST", f"{ROLES}/rolebindings", binding("RoleBinding")),
    "make a role": ("POST", f"{ROLES}/roles", {"metadata": {"name": "x"}}),
}
EDITORS: Asked = {
    name: INSIDE[name] for name in ("bind a role", "make a role", "add a container to a pod", "write a pod's status")
} | {
    "write a run's status": ("PATCH", f"{REFIT}/namespaces/{{ns}}/retrainruns/forged/status", {"status": {}}),
    "write a monitor's status": ("PATCH", f"{REFIT}/namespaces/{{ns}}/modelmonitors/kept/status", {"status": {}}),
    "delete a run": ("DELETE", f"{REFIT}/namespaces/{{ns}}/retrainruns/forged", None),
    "make a run": ("POST", f"{REFIT}/namespaces/{{ns}}/retrainruns", {"metadata": {"name": "x"}}),
}
REFUSED = r"cannot [\w-]+ resource"


def asked(user: str, tables: tuple[Asked, ...]) -> tuple[Vector, ...]:
    """Each request of the tables, by this user."""
    return tuple(
        Vector(
            name, Request(method, path, body, user, kind=MERGE if method == "PATCH" else "application/json"), REFUSED
        )
        for table in tables
        for name, (method, path, body) in table.items()
    )


def reads(user: str, path: str) -> tuple[Vector, ...]:
    return (Vector("a read that it needs", Request("GET", path, user=user), ""),)


MINE = f"{REFIT}/namespaces/{{ns}}/modelmonitors"
FAMILIES = (
    Family(
        "whatever the operator has no right to",
        "the operator's token",
        Entry.API_SERVER,
        asked(OPERATOR, (ABOVE, INSIDE)),
        reads(OPERATOR, MINE),
    ),
    Family(
        "whatever is above or beside a namespace",
        "ClusterRole edit in one namespace",
        Entry.API_SERVER,
        asked("editor", (ABOVE, OTHERS, EDITORS)),
        reads("editor", MINE),
    ),
    Family(
        "everything, without any right",
        "an account without rights",
        Entry.API_SERVER,
        asked("outsider", (ABOVE, OTHERS, INSIDE)),
    ),
)
