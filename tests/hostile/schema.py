"""Monitors of somebody who may do all that they name: what the schema takes of them leads nowhere else."""

from typing import Any

from tests.hostile.vectors import Document, Entry, Family, Vector, creates
from tests.hostile.writers import pod
from tests.support.cluster.objects import monitor

ADMIN = ""
PATHS = ("//refit", "/./tmp", "/x/../refit", "/..", "/.", "/a/.", "/a/..", "/a//b", "/", "cache", "/a:b", "")
"""Paths of a volume that may lead elsewhere."""
OWN_PATHS = ("/refit", "/refit/", "/refit/volumes/models", "/tmp", "/tmp/", "/tmp/x")
PLACES = ("pvc://models/", "s3://my-bucket/", "gs://my-bucket/", "file:///")
LEAD_ELSEWHERE = ("..", "../holdout", "a/../../holdout", "a/..", ".", "./a", "a/./b", "a//b", "/a")
"""Paths of a URI whose parts are another folder than they say, or none."""
OTHER_URIS = (
    "pvc://models/%2e%2e/holdout",
    "file:///models/%2E%2E/holdout",
    "pvc://../x",
    "pvc://models@holdout/x",
    "pvc://MODELS/x",
    "s3://a/../b",
    "s3://169.254.169.254:80/x",
    "s3://user:pass@bucket/x",
    "hf://../../etc",
    "hf://datasets/./rows",
    "hf://a/b?x=y",
    "https://host/model",
    "ftp://host/model",
    "/models/a",
    "file://host/models",
    "pvc://models/a\nb",
    "pvc://models/a@sha256:0",
)
Spec = dict[str, Any]


def mounted(path: str) -> Spec:
    return pod(volumes=[{"name": "x", "mountPath": path, "emptyDir": {}}])


def at(field: str, uri: str) -> Spec:
    """A spec with the URI in one of the fields that name a place."""
    places: dict[str, Spec] = {
        "dataset.train": {"training": {"dataset": {"train": uri}}},
        "dataset.holdout": {"training": {"dataset": {"holdout": uri}}},
        "checkpoints.uri": {"training": {"checkpoints": {"uri": uri}}},
        "baseModel": {"training": {"baseModel": uri}},
        "initialModel": {"serving": {"initialModel": uri}},
    }
    return places[field]


OTHER_FIELDS = ("dataset.train", "dataset.holdout", "checkpoints.uri", "baseModel")
URIS = (
    *(("initialModel", f"{place}{path}") for place in PLACES for path in LEAD_ELSEWHERE),
    *(("initialModel", uri) for uri in OTHER_URIS),
    *((field, f"pvc://models/{path}") for field in OTHER_FIELDS for path in LEAD_ELSEWHERE),
)
"""Each trick in the field that takes every kind of place, and in the others on a claim."""

HOLDOUT = {"name": "x", "mountPath": "/x", "persistentVolumeClaim": {"claimName": "holdout"}}
VALUES: dict[str, tuple[Spec, str]] = {
    "the holdout's claim as a volume": (pod(volumes=[HOLDOUT]), "must not bring the holdout's claim"),
    "the holdout's claim as the second volume": (
        pod(volumes=[{"name": "y", "mountPath": "/y", "emptyDir": {}}, HOLDOUT]),
        "must not bring the holdout's claim",
    ),
    "the holdout's claim to train on": (
        {"training": {"dataset": {"train": "pvc://holdout/rows"}}},
        "must be on different claims",
    ),
    "two sources of one volume": (
        pod(volumes=[HOLDOUT | {"emptyDir": {}}]),
        "exactly one of persistentVolumeClaim, secret",
    ),
    **{
        f"variable {name}": (pod(env=[{"name": name, "value": "x"}]), "variables named REFIT_")
        for name in ("REFIT_CONFIG", "REFIT_OUTPUT", "REFIT_DATASET", "REFIT_START_FROM")
    },
    "a variable's name of two lines": (pod(env=[{"name": "A\nB", "value": "x"}]), "env.*name"),
    **{
        f"{field} 0": (pod(securityContext={field: value}), f"securityContext.{field}")
        for field, value in (("runAsUser", 0), ("runAsGroup", 0), ("fsGroup", 0), ("supplementalGroups", [0]))
    },
    "a user below 0": (pod(securityContext={"runAsUser": -1}), "securityContext.runAsUser"),
    "endless grace": (pod(terminationGracePeriodSeconds=10**9), "terminationGracePeriodSeconds"),
    "a DaemonSet as target": ({"serving": {"targetRef": {"kind": "DaemonSet"}}}, "targetRef.kind"),
    "another group's Deployment": ({"serving": {"targetRef": {"apiVersion": "evil/v1"}}}, "targetRef.apiVersion"),
    "1,000,000 machines": ({"training": {"numNodes": 1_000_000}}, "spec.training.numNodes"),
    "1,000,000 retries": ({"training": {"backoffLimit": 1_000_000}}, "spec.training.backoffLimit"),
    "an interval of a nanosecond": ({"metric": {"interval": "1ns"}}, "spec.metric.interval|interval must be"),
    "an interval of eleven years": ({"metric": {"interval": "99999h"}}, "interval must be at most 8784h"),
    "1,000 readings at once": (
        {"metric": {"breaches": {"count": 1, "outOf": 1000}}},
        "spec.metric.breaches.outOf",
    ),
    "nine guards": (
        {"guards": [{"name": f"g{number}", "query": "up", "atLeast": 1} for number in range(9)]},
        "spec.guards",
    ),
    "a task that is a path": ({"training": {"task": "../../evil"}}, "spec.training.task"),
    "a queue that is a path": ({"training": {"queueName": "../evil"}}, "spec.training.queueName"),
    "nine headers": ({"prometheus": {"headers": {f"X-{n}": "x" for n in range(9)}}}, "spec.prometheus.headers"),
    "a key of a Secret that is a path": (
        {"prometheus": {"authentication": {"bearerTokenSecret": {"name": "a", "key": "../x"}}}},
        "bearerTokenSecret.key",
    ),
}
CONTAINER = {"name": "evil", "image": "evil"}
UNKNOWN: dict[str, Spec] = {
    "hostNetwork": {"hostNetwork": True},
    "hostPID": {"hostPID": True},
    "hostIPC": {"hostIPC": True},
    "hostUsers": {"hostUsers": True},
    "hostAliases": {"hostAliases": [{"ip": "1.2.3.4", "hostnames": ["x"]}]},
    "shareProcessNamespace": {"shareProcessNamespace": True},
    "automountServiceAccountToken": {"automountServiceAccountToken": True},
    "nodeName": {"nodeName": "n"},
    "schedulerName": {"schedulerName": "x"},
    "containers": {"containers": [CONTAINER]},
    "initContainers": {"initContainers": [CONTAINER]},
    "ephemeralContainers": {"ephemeralContainers": [CONTAINER]},
    "restartPolicy": {"restartPolicy": "Always"},
    "priority": {"priority": 2_000_000_000},
    "dnsConfig": {"dnsConfig": {"nameservers": ["1.2.3.4"]}},
    "resourceClaims": {"resourceClaims": [{"name": "x", "resourceClaimName": "x"}]},
}
CONTEXT: dict[str, Any] = {
    "runAsNonRoot": False,
    "seccompProfile": {"type": "Unconfined"},
    "appArmorProfile": {"type": "Unconfined"},
    "seLinuxOptions": {"type": "spc_t"},
    "sysctls": [{"name": "kernel.shm_rmid_forced", "value": "1"}],
    "windowsOptions": {"hostProcess": True},
    "privileged": True,
    "capabilities": {"add": ["SYS_ADMIN"]},
}
VOLUMES: dict[str, Any] = {
    "hostPath": {"path": "/"},
    "nfs": {"server": "x", "path": "/"},
    "csi": {"driver": "x"},
    "iscsi": {"targetPortal": "x", "iqn": "x", "lun": 0},
    "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]},
    "downwardAPI": {"items": []},
    "image": {"reference": "evil"},
    "subPath": "../..",
    "mountPropagation": "Bidirectional",
}


def ignored(document: Document) -> Any:
    return creates(document, ADMIN, is_strict=False)


def dropped(name: str, spec: Spec, *path: str | int) -> Vector:
    """A field that the schema doesn't have, sent so that nobody complains of it."""
    whole = ("spec", "training", "podTemplate", *path)
    return Vector(".".join(map(str, path)), ignored(monitor(**spec)), name, dropped=whole)


LARGE: dict[str, tuple[Document, str]] = {
    "spec": (monitor(**pod(env=[{"name": f"V{n}", "value": "é" * 1024} for n in range(32)])), "spec has"),
    "labels": (
        monitor() | {"metadata": {"name": "reviews", "labels": {f"l{n}": "x" * 60 for n in range(2000)}}},
        "labels,",
    ),
    "annotations": (monitor() | {"metadata": {"name": "reviews", "annotations": {"a": "x" * 70_000}}}, "labels,"),
}


def deep(levels: int) -> Document:
    """An object in an object, so many times."""
    made: Document = {}
    for _ in range(levels):
        made = {"x": made}
    return made


NAMES = ("Reviews", "1reviews", "r" * 41, "a.b", "-a", "a/../b")
AUTHOR = "monitors of a namespace, with every right there"
PLAIN = (Vector("a plain monitor", creates(monitor(), ADMIN), ""),)
FAMILIES = (
    Family(
        "a volume over the operator's own folders, or whose path leads elsewhere",
        AUTHOR,
        Entry.API_SERVER,
        tuple(
            Vector(repr(path), creates(monitor(**mounted(path)), ADMIN), "mountPath") for path in (*PATHS, *OWN_PATHS)
        ),
        (Vector("/cache", creates(monitor(**mounted("/cache")), ADMIN), ""),),
    ),
    Family(
        "a URI that leads elsewhere than it says",
        AUTHOR,
        Entry.API_SERVER,
        tuple(
            Vector(f"{field}: {uri!r}", creates(monitor(**at(field, uri)), ADMIN), rf"spec\.\w+\.{field}")
            for field, uri in URIS
        ),
        PLAIN,
    ),
    Family(
        "a value that reaches for more",
        AUTHOR,
        Entry.API_SERVER,
        tuple(Vector(name, creates(monitor(**spec), ADMIN), words) for name, (spec, words) in VALUES.items()),
        PLAIN,
    ),
    Family(
        "a field of pods that monitors don't have, validation switched off",
        AUTHOR,
        Entry.API_SERVER,
        (
            *(dropped("", pod(**field), name) for name, field in UNKNOWN.items()),
            *(
                dropped("", pod(securityContext={"runAsUser": 1, name: value}), "securityContext", name)
                for name, value in CONTEXT.items()
            ),
            *(
                dropped(
                    "", pod(volumes=[{"name": "x", "mountPath": "/x", "emptyDir": {}, name: value}]), "volumes", 0, name
                )
                for name, value in VOLUMES.items()
            ),
        ),
        PLAIN,
    ),
    Family(
        "a monitor too large, too deep, or of a name that isn't one",
        AUTHOR,
        Entry.API_SERVER,
        (
            *(Vector(name, creates(document, ADMIN), f"{words}.* bytes") for name, (document, words) in LARGE.items()),
            Vector("affinity 480 deep", creates(monitor(**pod(affinity=deep(480))), ADMIN), "unknown field"),
            *(
                Vector(
                    f"name {name!r}", creates(monitor(name, serving={"targetRef": {"name": "reviews"}}), ADMIN), "name"
                )
                for name in NAMES
            ),
        ),
        PLAIN,
    ),
)
