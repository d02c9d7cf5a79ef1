"""Namespaces that the operator installed on the cluster leaves alone, without a change to it.

It looks after all namespaces. An admission policy refuses what comes from its pod in namespaces with our label; the
operators under test use a token of the same ServiceAccount that is bound to no pod.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from localcluster.disposable import disposable
from tests.support.cluster.hosted import admin_config, write_config
from tests.support.cluster.kubectl import OPERATOR, Document, Refused, Space, kubectl, new_namespace
from tests.support.local import until

NAME = f"refit-faults-{os.getpid()}"
LABEL = {"refit-faults": str(os.getpid())}
POD = "authentication.kubernetes.io/pod-name"


def policy() -> Document:
    """Return the policy: whatever the installed operator's pod writes here is refused."""
    ours = (
        f"request.userInfo.username == '{OPERATOR}' && has(request.userInfo.extra) && '{POD}' in request.userInfo.extra"
    )
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE", "DELETE"]}
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [rule | {"resources": ["*/*"]}],
            "namespaceSelector": {"matchLabels": LABEL},
        },
        "matchConditions": [{"name": "installed", "expression": ours}],
        "validations": [{"expression": "false", "message": "this namespace is for an operator under test"}],
    }
    return _admission("ValidatingAdmissionPolicy", spec)


def _admission(kind: str, spec: Document) -> Document:
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": NAME}}
    return disposable(head | {"spec": spec})


@contextmanager
def left_alone() -> Iterator[None]:
    """Have the policy while it lasts: once in a process, whose label it has, so a second one is refused."""
    binding = _admission("ValidatingAdmissionPolicyBinding", {"policyName": NAME, "validationActions": ["Deny"]})
    kubectl("create", "-f", "-", stdin="\n---\n".join(map(json.dumps, (policy(), binding))))
    try:
        with namespace("probe") as space, TemporaryDirectory() as folder:
            config = as_its_pod(Path(folder))
            until(lambda: is_refused(space, config), 60, "the policy doesn't work")
        yield
    finally:
        for kind in ("validatingadmissionpolicybinding", "validatingadmissionpolicy"):
            kubectl("delete", kind, NAME, "--ignore-not-found")


def is_refused(space: Space, config: Path) -> bool:
    """Return whether an Event told by the installed operator's pod would be refused: by this policy alone."""
    about = {"kind": "Namespace", "name": space.name, "namespace": space.name}
    words = {"action": "Probe", "reason": "Probe", "type": "Normal", "eventTime": "2026-01-01T00:00:00.000000Z"}
    event = {"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "probe"}, "regarding": about}
    event |= words | {"reportingController": "refit.dev/operator", "reportingInstance": "probe"}
    create = ("--kubeconfig", str(config), "create", "--dry-run=server", "-f", "-")
    try:
        space.run(*create, stdin=json.dumps(event))
    except Refused as error:
        return "under test" in str(error)
    return False


def as_its_pod(folder: Path) -> Path:
    """Write a kubeconfig that the API server takes for the installed operator's pod, whether one runs or not."""
    config = admin_config()
    config["users"][0]["user"] |= {"as": OPERATOR, "as-user-extra": {POD: ["the-installed-one"]}}
    return write_config(folder, config)


def until_all_are_gone(limit_s: float = 180) -> None:
    """Wait until the namespaces of before are gone for good, with what is in them."""
    label = "".join(f"{name}={value}" for name, value in LABEL.items())
    words = ("get", "namespaces", "-l", label, "-o", "name")
    until(lambda: not kubectl(*words).strip(), limit_s, f"namespaces with the label {label} stay")


@contextmanager
def namespace(word: str) -> Iterator[Space]:
    """A namespace that goes in the end."""
    with new_namespace(f"faults-{os.getpid()}-{word}", **LABEL) as space:
        yield space
