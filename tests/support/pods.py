"""A run's pod and the review of its token, as an API server gives them."""

import base64
import json
from datetime import datetime
from typing import Any

from refit_operator.api.metadata import Ref
from refit_operator.progress.rules.pod_identity import PodIdentity

RUN = "reviews-1-abcde"
IDENTITY = PodIdentity(Ref("shop", "reviews-1-abcde-x"), "pod-uid")
REVIEW: dict[str, Any] = {
    "authenticated": True,
    "audiences": ["refit.dev/progress"],
    "user": {
        "username": "system:serviceaccount:shop:default",
        "extra": {
            "authentication.kubernetes.io/pod-name": [IDENTITY.ref.name],
            "authentication.kubernetes.io/pod-uid": [IDENTITY.uid],
        },
    },
}
POD: dict[str, Any] = {
    "metadata": {
        "name": IDENTITY.ref.name,
        "namespace": "shop",
        "uid": IDENTITY.uid,
        "labels": {"refit.dev/run": RUN, "refit.dev/monitor": "reviews"},
        "ownerReferences": [{"kind": "Job", "name": RUN, "uid": "job-uid", "controller": True}],
    }
}
JOB: dict[str, Any] = {
    "metadata": {
        "name": RUN,
        "namespace": "shop",
        "uid": "job-uid",
        "ownerReferences": [{"kind": "RetrainRun", "name": RUN, "uid": "run-uid", "controller": True}],
    }
}


def make_token(name: str, **claims: Any) -> str:
    """Return a token as a pod has one, unsigned: for a stand-in of the API server that knows it by its text."""
    year_2100 = datetime(2100, 1, 1).timestamp()
    body = {"aud": ["refit.dev/progress"], "exp": year_2100, "kubernetes.io": {"pod": {"name": name}}} | claims
    parts = (json.dumps(part).encode() for part in ({"alg": "RS256"}, body))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "signature"])


GOOD, BAD = make_token("good"), make_token("bad")
