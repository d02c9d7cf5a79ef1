"""Monitors of users who may not do themselves what the monitor would have the operator do."""

from typing import Any

from tests.hostile.vectors import MONITORS, Document, Entry, Family, Request, Vector, changes, creates
from tests.support.cluster.objects import monitor

KEY = {"name": "bank", "key": "token"}
MINE = {"name": "mine", "key": "token"}
Spec = dict[str, Any]


def pod(**fields: Any) -> Spec:
    return {"training": {"podTemplate": fields}}


def volumes(*sources: Spec) -> Spec:
    return pod(volumes=[{"name": f"x{n}", "mountPath": f"/x{n}", **one} for n, one in enumerate(sources)])


def basic(username: Spec, password: Spec) -> Spec:
    return {"prometheus": {"authentication": {"basic": {"username": username, "password": password}}}}


def variables(kind: str, *names: str) -> Spec:
    return pod(env=[{"name": f"X{n}", "valueFrom": {kind: {"name": o, "key": "x"}}} for n, o in enumerate(names)])


def pulls(*names: str) -> Spec:
    return pod(imagePullSecrets=[{"name": name} for name in names])


def sources(kind: str, *names: str) -> list[Spec]:
    return [{kind: {"name": name}} for name in names]


SECRETS: dict[str, Spec] = {
    "prometheus.authentication.bearerTokenSecret": {"prometheus": {"authentication": {"bearerTokenSecret": KEY}}},
    "prometheus.authentication.basic": basic(KEY, KEY),
    "the user name of basic": basic(KEY, MINE),
    "the password of basic": basic(MINE, KEY),
    "prometheus.tls.caSecret": {"prometheus": {"serverAddress": "https://x", "tls": {"caSecret": KEY}}},
    "training.trainEnvFrom": {"training": {"trainEnvFrom": sources("secretRef", "bank")}},
    "the last of trainEnvFrom": {"training": {"trainEnvFrom": sources("secretRef", "mine", "mine", "bank")}},
    "gate.envFrom": {"gate": {"envFrom": sources("secretRef", "bank")}},
    "the last of gate.envFrom": {"gate": {"envFrom": sources("secretRef", "mine", "bank")}},
    "podTemplate.env": variables("secretKeyRef", "bank"),
    "the last of podTemplate.env": variables("secretKeyRef", "mine", "mine", "bank"),
    "podTemplate.volumes": volumes({"secret": {"secretName": "bank"}}),
    "the last of podTemplate.volumes": volumes({"emptyDir": {}}, {"secret": {"secretName": "bank"}}),
    "podTemplate.imagePullSecrets": pulls("bank"),
    "the last of eight imagePullSecrets": pulls(*("mine",) * 7, "bank"),
}
CONFIG_MAPS: dict[str, Spec] = {
    "training.trainEnvFrom": {"training": {"trainEnvFrom": sources("configMapRef", "plan")}},
    "gate.envFrom": {"gate": {"envFrom": sources("configMapRef", "plan")}},
    "the last of gate.envFrom": {"gate": {"envFrom": sources("configMapRef", "mine", "mine", "mine", "plan")}},
    "podTemplate.env": variables("configMapKeyRef", "plan"),
    "podTemplate.volumes": volumes({"configMap": {"name": "plan"}}),
}
MANY = pulls(*(f"s{number}" for number in range(8))) | {"gate": {"envFrom": sources("secretRef", "s8")}}
ANNOTATIONS = (
    "container.apparmor.security.beta.kubernetes.io/train",
    "container.seccomp.security.alpha.kubernetes.io/train",
    "k8s.v1.cni.cncf.io/networks",
    "sidecar.istio.io/inject",
    "vault.hashicorp.com/agent-inject",
    "iam.amazonaws.com/role",
    "cluster-autoscaler.kubernetes.io/other",
    "prometheus.iox/scrape",
    "refit.dev/progress-ca",
)
NO_SECRET, NO_CONFIG_MAP = "you may not get Secret bank", "you may not get ConfigMap plan"
PRIORITY, RUNTIME = "priorityClassName: {} is not among", "runtimeClassName: {} is not among"
FORBIDDEN: dict[str, tuple[Spec, str]] = {
    **{f"Secret by {place}": (change, NO_SECRET) for place, change in SECRETS.items()},
    **{f"ConfigMap by {place}": (change, NO_CONFIG_MAP) for place, change in CONFIG_MAPS.items()},
    "nine Secrets": (MANY, "for more than 8 you need the right to get every"),
    "five ConfigMaps": (
        {"gate": {"envFrom": sources("configMapRef", *(f"m{number}" for number in range(5)))}},
        "for more than 4 you need the right to get every",
    ),
    "another ServiceAccount": (pod(serviceAccountName="boss"), "you may not act as ServiceAccount boss"),
    "another Deployment": ({"serving": {"targetRef": {"name": "bank"}}}, "you may not change Deployment bank"),
    **{
        f"priority {name}": (pod(priorityClassName=name), PRIORITY.format(name))
        for name in ("system-node-critical", "system-cluster-critical", "batch")
    },
    **{f"runtime {name}": (pod(runtimeClassName=name), RUNTIME.format(name)) for name in ("bare", "nvidia-legacy")},
    **{
        f"annotation {name}": (pod(annotations={name: "x"}), f"annotations: {name} is not among")
        for name in ANNOTATIONS
    },
}
ASKED = ("retrain-requested-at", "rollback-requested-at", "take-pointer")
KEPT = f"{MONITORS}/kept"
"""A monitor that is there already, of somebody who may do all that it names."""
UNABLE: dict[str, str] = {
    "nobody": "you may not create Jobs in namespace",
    "trainer": "you may not change Deployment reviews",
}
"""Users who lack one right each, and the words for it."""


def requests_of(user: str) -> dict[str, Request]:
    """All ways in which a monitor has the operator do something."""
    asked = {name: {"metadata": {"annotations": {f"refit.dev/{name}": "2026-11-24T12:00:00Z"}}} for name in ASKED}
    return {
        "a new monitor": creates(monitor(), user),
        "a monitor that is resumed": changes(KEPT, {"spec": {"suspend": False}}, user),
        "a monitor's threshold": changes(KEPT, {"spec": {"metric": {"threshold": 1}}}, user),
        **{f"the annotation {name}": changes(KEPT, patch, user) for name, patch in asked.items()},
    }


IMAGES = ("registry.example/ours/*", "registry.example/one:1")
"""What the administrator allows in one namespace."""
OTHER_IMAGES = (
    "evil.example/x",
    "registry.example/ours",
    "registry.example/ours-evil/x",
    "registry.example.evil/ours/x",
    "REGISTRY.example/one:1",
    "registry.example/one",
    "registry.example/one:10",
    "evil.example/registry.example/ours/x",
)
GOOD_IMAGE = "registry.example/ours/trainer:1"
MODEST = "modest"
FAMILIES = (
    Family(
        "a new monitor that names what its writer may not use",
        "monitors, Jobs and one Deployment of a namespace; one Secret and one ConfigMap, mine",
        Entry.API_SERVER,
        tuple(Vector(name, creates(monitor(**spec), MODEST), words) for name, (spec, words) in FORBIDDEN.items()),
        (Vector("my own Secret", creates(monitor(**pulls("mine")), MODEST), ""),),
    ),
    Family(
        "a monitor that is changed so that it names it",
        "monitors, Jobs and one Deployment of a namespace; one Secret and one ConfigMap, mine",
        Entry.API_SERVER,
        tuple(Vector(name, changes(KEPT, {"spec": spec}, MODEST), words) for name, (spec, words) in FORBIDDEN.items()),
        (Vector("my own Secret", changes(KEPT, {"spec": pulls("mine")}, MODEST), ""),),
    ),
    Family(
        "what a monitor does, asked for without the right to do it",
        "monitors of a namespace, but not its Jobs, or not the Deployment",
        Entry.API_SERVER,
        tuple(
            Vector(f"{user}: {name}", request, words)
            for user, words in UNABLE.items()
            for name, request in requests_of(user).items()
        ),
        (Vector("a label", changes(KEPT, {"metadata": {"labels": {"team": "a"}}}, "nobody"), ""),),
    ),
)


def with_image(role: str, image: str) -> Document:
    """A monitor with the image in one role, an allowed one in the other."""
    images = {"training": GOOD_IMAGE, "gate": GOOD_IMAGE} | {role: image}
    return monitor(training={"image": images["training"]}, gate={"image": images["gate"]})


LISTED = Family(
    "an image that the administrator didn't list",
    "monitors, Jobs and one Deployment of a namespace with a list of images",
    Entry.API_SERVER,
    tuple(
        Vector(f"{role}: {image}", creates(with_image(role, image), MODEST), f"image {image} is not among")
        for role in ("training", "gate")
        for image in OTHER_IMAGES
    ),
    (Vector("a listed one", creates(with_image("training", "registry.example/one:1"), MODEST), ""),),
)
"""Played in a namespace that has a list."""
