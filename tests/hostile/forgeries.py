"""Runs that no operator decided, and pods and Jobs that pass for a run's."""

from typing import Any

import yaml

from tests.hostile.jobs import JOBS, RUN, job
from tests.hostile.vectors import STRATEGIC, Document, Entry, Family, Request, Vector, changes, creates
from tests.support.cluster.kubectl import OPERATOR, merge
from tests.support.cluster.objects import RESTRICTED, STUB
from tests.support.cluster.people import forged_run

RUNS, PODS = "/apis/refit.dev/v1alpha1/namespaces/{ns}/retrainruns", "/api/v1/namespaces/{ns}/pods"
FORGED, DECIDED = f"{RUNS}/forged", f"{RUNS}/decided"
"""Runs of no monitor, which are there; in the second, people have said all that they may."""
LABEL = "refit.dev/run"
EDITOR, MASTERS = "editor", "system:masters"
GUARDED = "by the operator only"

SPEC: dict[str, Document] = {
    "monitorRef": {"monitorRef": {"name": "other", "uid": "x"}},
    "ordinal": {"ordinal": 2},
    "trigger": {"trigger": {"threshold": 0.1}},
    "startingCheckpoint": {"startingCheckpoint": "pvc://models/evil"},
    "servedCheckpoint": {"servedCheckpoint": "pvc://models/evil"},
    "protectedCheckpoints": {"protectedCheckpoints": ["pvc://models/evil"]},
    "livePointer": {"livePointer": "pvc://models/evil"},
    "prometheus": {"prometheus": {"serverAddress": "http://evil"}},
    "metric": {"metric": {"threshold": 0.1}},
    "training.image": {"training": {"image": "evil"}},
    "training.command": {"training": {"command": ["sh"]}},
    "training.trainEnvFrom": {"training": {"trainEnvFrom": [{"secretRef": {"name": "bank"}}]}},
    "training.podTemplate": {"training": {"podTemplate": {"serviceAccountName": "boss"}}},
    "training.dataset": {"training": {"dataset": {"train": "pvc://other/rows"}}},
    "gate.minRows": {"gate": {"minRows": 1}},
    "gate.image": {"gate": {"image": "evil"}},
    "gate.envFrom": {"gate": {"envFrom": [{"secretRef": {"name": "bank"}}]}},
    "serving": {"serving": {"targetRef": {"name": "bank"}}},
    "verification": {"verification": {"maxDrop": 0.9}},
    "mode": {"mode": "Approve"},
    "restorePointer": {"restorePointer": "pvc://models/evil"},
}
METADATA: dict[str, Document] = {
    "a label": {"labels": {"refit.dev/monitor": "another"}},
    "an annotation": {"annotations": {"a": "b"}},
    "a finalizer": {"finalizers": ["example.com/stay"]},
    "an owner": {"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "y"}]},
}
TWICE: dict[str, tuple[Document, str]] = {
    "an approval taken back": ({"approval": "Rejected"}, "approval cannot be changed once set"),
    "an approval left out": ({"approval": None}, "approval cannot be changed once set"),
    "an abort taken back": ({"abort": False}, "abort cannot be unset"),
}
STATUS: dict[str, Document] = {
    "an outcome": {"outcome": "Promoted"},
    "a candidate": {"result": {"checkpoint": "pvc://models/evil"}},
    "a pointer to go back to": {
        "pointerChange": {"old": "", "new": "pvc://models/evil", "targetUid": "x", "time": "2026-11-24T12:00:00Z"}
    },
}


def run() -> Document:
    made: Document = yaml.safe_load(forged_run())
    return made | {"metadata": {"name": "evil"}}


def forgeries(user: str, group: str = "") -> tuple[Vector, ...]:
    """All that this user may try with runs."""
    kept = "is immutable|" + GUARDED
    changed = {f"spec.{name}": (FORGED, {"spec": patch}, kept) for name, patch in SPEC.items()}
    changed |= {name: (FORGED, {"metadata": patch}, GUARDED) for name, patch in METADATA.items()}
    changed |= {name: (DECIDED, {"spec": patch}, words) for name, (patch, words) in TWICE.items()}
    changed["a word and more"] = (FORGED, {"spec": {"abort": True}, "metadata": METADATA["an annotation"]}, GUARDED)
    return tuple(
        Vector(name, changes(path, patch, user, group=group), words) for name, (path, patch, words) in changed.items()
    )


def of_administrator() -> tuple[Vector, ...]:
    made = Vector("a run", creates(run(), "", RUNS), GUARDED)
    written = (
        Vector(f"status: {name}", changes(f"{FORGED}/status", {"status": status}, ""), GUARDED)
        for name, status in STATUS.items()
    )
    return (made, *written, *forgeries(""))


def pod(container: Document | None = None, **metadata: Any) -> Document:
    """A pod that never starts."""
    spec = {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "schedulingGates": [{"name": "refit.dev/never"}],
        "containers": [{"name": "judge", "image": STUB, "securityContext": RESTRICTED} | (container or {})],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stranger"} | metadata, "spec": spec}


def labelled(**more: Any) -> Document:
    return pod(labels={LABEL: RUN}, **more)


MAKERS = {
    "an editor": ("editor", ""),
    "the administrator": ("", ""),
    "the operator": (OPERATOR, MASTERS),
    **{
        f"the controller of {kind}s": (f"system:serviceaccount:kube-system:{kind}-controller", MASTERS)
        for kind in ("replicaset", "statefulset", "daemon-set", "cronjob", "deployment")
    },
}
"""Who makes pods, and the group by which RBAC allows it: so that the policy is what refuses it."""
JOB_LABELS: dict[str, Document] = {
    "on the Job and its pods": {},
    "on its pods": {"metadata": {"labels": {LABEL: None}}},
    "on the Job": {"spec": {"template": {"metadata": {"labels": {LABEL: None}}}}},
}
FOR_PODS, FOR_JOBS = f"the label {LABEL} is for the pods", f"the label {LABEL} is for the Jobs"
STAYS, IMAGES = "can't be added, changed or removed", "the images of a run's pod can't be changed"
OF_A_RUN, OF_NOBODY = f"{PODS}/of-a-run", f"{PODS}/stranger"
OWNED = {"apiVersion": "batch/v1", "kind": "Job", "name": RUN, "uid": "x", "controller": True}
EVIL = {"spec": {"containers": [{"name": "judge", "image": "evil"}]}}
POD_CHANGES: dict[str, tuple[Request, str]] = {
    "the label, added": (changes(OF_NOBODY, {"metadata": {"labels": {LABEL: RUN}}}, EDITOR), STAYS),
    "the label, changed": (changes(OF_A_RUN, {"metadata": {"labels": {LABEL: "other"}}}, EDITOR), STAYS),
    "the label, emptied": (changes(OF_A_RUN, {"metadata": {"labels": {LABEL: ""}}}, EDITOR), STAYS),
    "the label, removed": (changes(OF_A_RUN, {"metadata": {"labels": {LABEL: None}}}, EDITOR), STAYS),
    "the image": (changes(OF_A_RUN, EVIL, EDITOR, STRATEGIC), IMAGES),
    "a Job's label, changed": (changes(f"{JOBS}/forged", {"metadata": {"labels": {LABEL: "other"}}}, EDITOR), STAYS),
    "a Job's label, removed": (changes(f"{JOBS}/forged", {"metadata": {"labels": {LABEL: None}}}, EDITOR), STAYS),
    "the label of a suspended Job's pods": (
        changes(f"{JOBS}/forged", {"spec": {"template": {"metadata": {"labels": {LABEL: "other"}}}}}, EDITOR),
        f"{STAYS}|field is immutable",
    ),
}
FAMILIES = (
    Family(
        "a run that is written by somebody else",
        "ClusterRole edit in one namespace",
        Entry.API_SERVER,
        forgeries(EDITOR),
        (Vector("an abort", changes(FORGED, {"spec": {"abort": True}}, EDITOR), ""),),
    ),
    Family(
        "a run that the cluster's administrator writes",
        "every right of the cluster",
        Entry.API_SERVER,
        of_administrator(),
        (Vector("an abort", changes(FORGED, {"spec": {"abort": True}}, ""), ""),),
    ),
    Family(
        "a pod or a Job that passes for a run's",
        "pods and Jobs of a namespace",
        Entry.API_SERVER,
        (
            *(
                Vector(f"a pod of {name}", creates(labelled(), user, PODS, group=group), FOR_PODS)
                for name, (user, group) in MAKERS.items()
            ),
            Vector(
                "a pod that names the run's Job as owner",
                creates(labelled(ownerReferences=[OWNED]), EDITOR, PODS),
                FOR_PODS,
            ),
            *(
                Vector(
                    f"a Job of {name}, the label {where}",
                    creates(merge(job(), change), user, JOBS, group=group),
                    FOR_JOBS,
                )
                for name, (user, group) in MAKERS.items()
                if user != OPERATOR
                for where, change in JOB_LABELS.items()
            ),
            *(Vector(name, request, words) for name, (request, words) in POD_CHANGES.items()),
        ),
        (
            Vector("a pod without the label", creates(pod(name="other"), EDITOR, PODS), ""),
            Vector(
                "a team's label on a run's pod", changes(OF_A_RUN, {"metadata": {"labels": {"team": "a"}}}, EDITOR), ""
            ),
        ),
    ),
)
