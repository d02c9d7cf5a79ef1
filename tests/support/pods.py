"""A run's pod and the review of its token, as an API server gives them."""

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
