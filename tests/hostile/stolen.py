"""What somebody sends who has the operator's token: Services and Secrets of another shape."""

from typing import Any

from refit_operator.run.rules.manifests.machines import build_service
from tests.hostile.jobs import OWNER, THIEF
from tests.hostile.vectors import Document, Entry, Family, Vector, creates
from tests.support.cluster.kubectl import OPERATOR
from tests.support.samples import make_run

SERVICES, SECRETS = "/api/v1/namespaces/{ns}/services", "/api/v1/namespaces/{ns}/secrets"


def service() -> Document:
    """The Service that the operator makes, of that run."""
    made = build_service(make_run())
    del made["metadata"]["namespace"]
    return made


PORTS = [{"port": 80}]
TO_THE_WORLD: dict[str, Document] = {
    "a load balancer": {"type": "LoadBalancer", "ports": PORTS},
    "a port of each node": {"type": "NodePort", "ports": PORTS},
    "an address in the cluster": {"type": "ClusterIP", "ports": PORTS},
    "another name": {"type": "ExternalName", "externalName": "evil.example"},
    "somebody's address": {"clusterIP": "None", "ports": PORTS, "externalIPs": ["1.2.3.4"]},
}
HEADLESS = "a Service that the operator makes is headless"


def other_service(**metadata: Any) -> Document:
    made = service()
    return made | {"metadata": made["metadata"] | metadata}


def open_service(spec: Document) -> Document:
    return service() | {"spec": {"selector": {"app": "bank"}} | spec}


SERVICE_SHAPES = {
    **{name: open_service(spec) for name, spec in TO_THE_WORLD.items()},
    "no owner": other_service(ownerReferences=[]),
    "another run's name": other_service(name="other"),
    "two owners": other_service(ownerReferences=[OWNER, OWNER | {"uid": "y", "controller": False}]),
}


def secret(name: str, kind: str, **annotations: str) -> Document:
    data = {"tls.crt": "", "tls.key": ""} if kind == "kubernetes.io/tls" else {}
    meta = {"name": name, "annotations": {f"kubernetes.io/{key}": value for key, value in annotations.items()}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": kind, "data": data}


CERTIFICATE, TLS = "refit-progress-tls", "kubernetes.io/tls"
ACCOUNT = {"service-account.name": "refit-operator"}
SECRET_SHAPES = {
    "a token of the operator's account": secret(CERTIFICATE, "kubernetes.io/service-account-token", **ACCOUNT),
    "a token of the default account": secret(
        "x", "kubernetes.io/service-account-token", **{"service-account.name": "default"}
    ),
    "anything under the certificate's name": secret(CERTIFICATE, "Opaque"),
    "a certificate of another name": secret("x", TLS),
    "a Helm release": secret("sh.helm.release.v1.x.v1", "helm.sh/release.v1"),
    "a bootstrap token": secret("bootstrap-token-abcdef", "bootstrap.kubernetes.io/token"),
}
OURS = "/api/v1/namespaces/refit-system/secrets"
FAMILIES = (
    Family(
        "a Service of another shape than the operator's",
        THIEF,
        Entry.API_SERVER,
        tuple(Vector(name, creates(made, OPERATOR, SERVICES), HEADLESS) for name, made in SERVICE_SHAPES.items()),
        (Vector("the operator's own Service", creates(service(), OPERATOR, SERVICES), ""),),
    ),
    Family(
        "a Secret that isn't the operator's certificate",
        THIEF,
        Entry.API_SERVER,
        tuple(
            Vector(name, creates(made, OPERATOR, OURS), f"is its certificate, {CERTIFICATE}")
            for name, made in SECRET_SHAPES.items()
        ),
    ),
)
