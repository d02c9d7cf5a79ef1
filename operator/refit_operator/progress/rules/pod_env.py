"""What a training pod needs to report: where to, the CA of the server, and a token for nothing else. Pure."""

from dataclasses import dataclass
from typing import Any

from refit_operator.api.progress import PROGRESS_AUDIENCE, PROGRESS_CA_ANNOTATION

Document = dict[str, Any]
FOLDER = "/var/run/secrets/refit.dev/progress"
VOLUME = "refit-progress"
TOKEN_SECONDS = 3600
URL_VARIABLE = "KUBEFLOW_TRAINER_SERVER_URL"


@dataclass(frozen=True)
class Reporting:
    """Where pods report, and the certificate authority of that address, PEM."""

    url: str
    authority: str


def reporting_environment(reporting: Reporting) -> list[Document]:
    """Return the variables by which trainers know Kubeflow Trainer's status server; two of them are paths."""
    return [
        {"name": URL_VARIABLE, "value": reporting.url},
        {"name": "KUBEFLOW_TRAINER_SERVER_CA_CERT", "value": f"{FOLDER}/ca.crt"},
        {"name": "KUBEFLOW_TRAINER_SERVER_TOKEN", "value": f"{FOLDER}/token"},
    ]


def reports_to(job: Document) -> str:
    """Return the URL that the pods of a Job report to, empty where they report nothing."""
    containers: list[Document] = job["spec"].get("template", {}).get("spec", {}).get("initContainers") or []
    variables = (variable for container in containers for variable in container.get("env") or ())
    return next((str(one.get("value", "")) for one in variables if one["name"] == URL_VARIABLE), "")


def reporting_mount() -> Document:
    """Return the mount of the volume."""
    return {"name": VOLUME, "mountPath": FOLDER, "readOnly": True}


def reporting_volume() -> Document:
    """Return one volume with both files. The authority comes by the pod's own annotation: no ConfigMap is made."""
    token = {"audience": PROGRESS_AUDIENCE, "expirationSeconds": TOKEN_SECONDS, "path": "token"}
    field = {"fieldPath": f"metadata.annotations['{PROGRESS_CA_ANNOTATION}']"}
    sources = [{"serviceAccountToken": token}, {"downwardAPI": {"items": [{"path": "ca.crt", "fieldRef": field}]}}]
    return {"name": VOLUME, "projected": {"sources": sources}}


def reporting_annotations(reporting: Reporting) -> dict[str, str]:
    """Return the pod's annotations."""
    return {PROGRESS_CA_ANNOTATION: reporting.authority}
