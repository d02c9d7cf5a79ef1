"""What demos and tests make on a cluster has a label, by which the next of them removes it before it begins.

Objects without the label are never touched, so that on a cluster of your own nothing is lost but what these made.
A namespace takes with it whatever is in it; what isn't in a namespace needs the label itself.
"""

import fcntl
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from localcluster.commands import run
from localcluster.progress import say, step

LABEL = "refit.dev/disposable"
OBJECT, CONTROLLER = "object", "controller"
"""Values of the label. A controller goes last: what it has put finalizers on goes only while it runs."""
LIMIT_S = 180
POLL_S, REPORT_AFTER_S = 0.1, 2.0
IN_NAMESPACES = "rolebindings.rbac.authorization.k8s.io"
"""What a controller's installation puts into namespaces of others."""

Document = dict[str, Any]


def disposable(document: Document, value: str = OBJECT, label: str = LABEL) -> Document:
    """Return the object with the label."""
    metadata = document["metadata"]
    return document | {"metadata": metadata | {"labels": metadata.get("labels", {}) | {label: value}}}


def remove(environment: Mapping[str, str], label: str = LABEL) -> None:
    """Remove all that has the label, and wait until it is gone."""

    def kubectl(*words: str) -> str:
        return run(["kubectl", *words], env=environment)

    kinds = _outside_namespaces(kubectl("api-resources", "--namespaced=false", "--verbs=list,delete", "--output=name"))
    for value, steps in ((OBJECT, ("namespaces", kinds)), (CONTROLLER, (kinds,))):
        for one in steps:
            selector = f"--selector={label}={value}"
            kubectl("delete", one, "--all-namespaces", selector, "--ignore-not-found", f"--timeout={LIMIT_S}s")


def _outside_namespaces(listed: str) -> str:
    """Return the kinds to delete; webhooks first, which may refuse the rest once their controller is gone."""
    return ",".join(sorted([*listed.split(), IN_NAMESPACES], key=lambda kind: "webhook" not in kind))


@contextmanager
def alone_on_the_cluster(root: Path, user: str, environment: Mapping[str, str]) -> Iterator[None]:
    """Have the cluster without what earlier demos and tests left; others wait until all processes of this user end."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "cluster-user").open("a+") as file:
        report_at = time.monotonic() + REPORT_AFTER_S
        while not _take(root, file, user, environment):
            if time.monotonic() > report_at:
                say("waiting for the demo or the tests that use the cluster")
                report_at = math.inf
            time.sleep(POLL_S)
        yield


def _take(root: Path, file: IO[str], user: str, environment: Mapping[str, str]) -> bool:
    """Share the lock with this user's other processes; the first of them removes what others left."""
    with (root / "cluster-user.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not _lock(file, fcntl.LOCK_SH):
            return False
        file.seek(0)
        if file.read() == user:
            return True
        if not _lock(file, fcntl.LOCK_EX):
            fcntl.flock(file, fcntl.LOCK_UN)
            return False
        with step("remove what earlier demos and tests left"):
            remove(environment)
        file.truncate(0)
        file.write(user)
        file.flush()
        return _lock(file, fcntl.LOCK_SH)


def _lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
