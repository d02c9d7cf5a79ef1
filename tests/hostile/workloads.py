"""What somebody sends who has the operator's token: changes of a target beyond its pointer, for each kind of target."""

from collections.abc import Mapping

from tests.hostile.jobs import OWNER, THIEF
from tests.hostile.vectors import MERGE, STRATEGIC, Document, Entry, Family, Vector, changes
from tests.support.cluster.kubectl import OPERATOR

DEPLOYMENT = "/apis/apps/v1/namespaces/{ns}/deployments/reviews"
STATEFUL_SET = "/apis/apps/v1/namespaces/{ns}/statefulsets/reviews"
ROLLOUT = "/apis/argoproj.io/v1alpha1/namespaces/{ns}/rollouts/reviews"
INFERENCE_SERVICE = "/apis/serving.kserve.io/v1beta1/namespaces/{ns}/inferenceservices/reviews"
OF_A_WORKLOAD = "nothing of a workload but its pointer"
OF_A_SERVICE = "nothing of an InferenceService but its pointer"
PARTS = ("checkpoint", "model-path", "model-uri", "model-digest")
POINTER = {"spec": {"template": {"metadata": {"annotations": {f"refit.dev/{part}": "x" for part in PARTS}}}}}

METADATA: dict[str, Document] = {
    "its own annotation": {"metadata": {"annotations": {"a": "b"}}},
    "its own label": {"metadata": {"labels": {"a": "b"}}},
    "its owner": {"metadata": {"ownerReferences": [OWNER]}},
    "a finalizer": {"metadata": {"finalizers": ["example.com/stay"]}},
}
TEMPLATE: dict[str, Document] = {
    "the image": {"spec": {"containers": [{"name": "server", "image": "evil"}]}},
    "a label": {"metadata": {"labels": {"a": "b"}}},
    "another annotation": {"metadata": {"annotations": {"a": "b"}}},
    "an annotation that was there": {"metadata": {"annotations": {"prometheus.io/port": "1"}}},
    "the account": {"spec": {"serviceAccountName": "boss"}},
    "a second container": {"spec": {"containers": [{"name": "evil", "image": "evil"}]}},
    "a variable": {"spec": {"containers": [{"name": "server", "env": [{"name": "LD_PRELOAD", "value": "/x"}]}]}},
    "the command": {"spec": {"containers": [{"name": "server", "command": ["sh"]}]}},
    "a volume": {"spec": {"volumes": [{"name": "x", "hostPath": {"path": "/"}}]}},
    "the node's network": {"spec": {"hostNetwork": True}},
}
WORKLOAD: dict[str, Document] = {
    **{name: {"spec": {"template": change}} for name, change in TEMPLATE.items()},
    "the number of pods": {"spec": {"replicas": 9}},
    **METADATA,
}
OF_DEPLOYMENTS: dict[str, Document] = {
    "a rollout's strategy": {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}},
    "a pause": {"spec": {"paused": True}},
}
OF_STATEFUL_SETS: dict[str, Document] = {
    "what is updated when": {"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}},
    "claims that go with their pods": {"spec": {"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Delete"}}},
    "the first number": {"spec": {"ordinals": {"start": 5}}},
}
OF_ROLLOUTS: dict[str, Document] = {
    "the canary's steps": {"spec": {"strategy": {"canary": {"steps": []}}}},
    "a pause": {"spec": {"paused": True}},
    "pods of another workload": {"spec": {"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}}},
}
"""The controller of Rollouts isn't asked: what the API server lets through is what counts."""
OF_INFERENCE_SERVICES: dict[str, Document] = {
    "the predictor's account": {"spec": {"predictor": {"serviceAccountName": "boss"}}},
    "its image": {"spec": {"predictor": {"model": {"image": "evil"}}}},
    "its arguments": {"spec": {"predictor": {"model": {"args": ["--trust-remote-code"]}}}},
    "a variable": {"spec": {"predictor": {"model": {"env": [{"name": "LD_PRELOAD", "value": "/x"}]}}}},
    "the model's format": {"spec": {"predictor": {"model": {"modelFormat": {"name": "pickle"}}}}},
    "a second container": {"spec": {"predictor": {"containers": [{"name": "evil", "image": "evil"}]}}},
    "a volume": {"spec": {"predictor": {"volumes": [{"name": "x", "hostPath": {"path": "/"}}]}}},
    "another annotation": {"spec": {"predictor": {"annotations": {"a": "b"}}}},
    "the number of pods": {"spec": {"predictor": {"minReplicas": 9}}},
    "the canary's share": {"spec": {"predictor": {"canaryTrafficPercent": 100}}},
    "a transformer": {"spec": {"transformer": {"containers": [{"name": "evil", "image": "evil"}]}}},
    **METADATA,
}
SERVED: Document = {
    "spec": {
        "predictor": {
            "model": {"storageUri": "pvc://models/x"},
            "annotations": {"refit.dev/checkpoint": "x", "refit.dev/model-digest": "x"},
        }
    }
}


def beyond_the_pointer(
    kind: str, path: str, hostile: Mapping[str, Document], allowed: Document = POINTER, entry: Entry = Entry.API_SERVER
) -> Family:
    """Return the changes of a kind of target that the operator's account never makes."""
    said = OF_A_SERVICE if path == INFERENCE_SERVICE else OF_A_WORKLOAD
    patch = STRATEGIC if "/apis/apps/" in path else MERGE  # a kind of a CRD knows merge patches alone
    vectors = (Vector(name, changes(path, change, OPERATOR, patch), said) for name, change in hostile.items())
    pointer = Vector("the pointer", changes(path, allowed, OPERATOR), "")
    return Family(f"{kind} that is changed beyond its pointer", THIEF, entry, tuple(vectors), (pointer,))


ROLLOUTS = beyond_the_pointer("a Rollout", ROLLOUT, WORKLOAD | OF_ROLLOUTS, entry=Entry.INSTALLED)
INFERENCE_SERVICES = beyond_the_pointer(
    "an InferenceService", INFERENCE_SERVICE, OF_INFERENCE_SERVICES, SERVED, Entry.INSTALLED
)
FAMILIES = (
    beyond_the_pointer("a Deployment", DEPLOYMENT, WORKLOAD | OF_DEPLOYMENTS),
    beyond_the_pointer("a StatefulSet", STATEFUL_SET, WORKLOAD | OF_STATEFUL_SETS),
    ROLLOUTS,
    INFERENCE_SERVICES,
)
