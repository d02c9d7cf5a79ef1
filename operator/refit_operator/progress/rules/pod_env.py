"""What a training pod needs to report: where to, the CA of the server, and a token for nothing else. Pure."""

from dataclasses import dataclass
from typing import Any

from refit_operator.api.progress import PROGRESS_AUDIENCE, PROGRESS_CA_ANNOTATION

Document = dict[str, Any]
FOLDER = "/var/run/secrets/refit.dev/progress"
VOLUME = "refit-progress"
TOKEN_SECONDS = 3600


@dataclass(frozen=True)
class Reporting:
    """Where pods report, and the certificate authority of that address, PEM."""

    url: str
    authority: str


def reporting_environment(reporting: Reporting) -> list[Document]:
    """Return the variables by which trainers know Kubeflow Trainer's status server; two of them are paths."""
    return [
        {"name": "KUBEFLOW_TRAINER_SERVER_URL", "value": reporting.url},
        {"name": "KUBEFLOW_TRAINER_SERVER_CA_CERT", "value": f"{FOLDER}/ca.crt"},
        {"name": "KUBEFLOW_TRAINER_SERVER_TOKEN", "value": f"{FOLDER}/token"},
    ]


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
