"""kubectl as a person uses it, for tests on the real cluster."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from localcluster import environment
from localcluster.disposable import disposable

ROOT = Path(__file__).parents[3]
OPERATOR = "system:serviceaccount:refit-system:refit-operator"
Document = dict[str, Any]


class Refused(AssertionError):
    """kubectl failed; the message is what it printed."""


@cache
def cluster_environment() -> dict[str, str]:
    return {**os.environ, **environment()}


def kubectl(*words: str, stdin: str | None = None, limit_s: float = 120) -> str:
    """Run kubectl and return its output. Raises Refused."""
    done = subprocess.run(
        ["kubectl", *words],
        env=cluster_environment(),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )
    if done.returncode != 0:
        raise Refused(done.stderr + done.stdout)
    return done.stdout


@dataclass(frozen=True)
class Space:
    """One test's namespace."""

    name: str

    def run(self, *words: str, stdin: str | None = None, limit_s: float = 120) -> str:
        return kubectl("--namespace", self.name, *words, stdin=stdin, limit_s=limit_s)

    def apply(self, *documents: Document, flags: tuple[str, ...] = ()) -> str:
        """Apply documents, as JSON: YAML's readers don't agree on what 5e-3 is."""
        return self.run("apply", *flags, "-f", "-", stdin="\n---\n".join(map(json.dumps, documents)))

    def get(self, kind: str, name: str) -> Document:
        document: Document = json.loads(self.run("get", kind, name, "-o", "json"))
        return document

    def list(self, kind: str) -> list[Document]:
        items: list[Document] = json.loads(self.run("get", kind, "-o", "json"))["items"]
        return items

    def wait(self, what: str, path: str, value: str, limit_s: int = 120) -> None:
        """Wait until a field has a value; on failure show the object."""
        wanted = f"--for=jsonpath={{{path}}}={value}"
        try:
            self.run("wait", what, wanted, f"--timeout={limit_s}s", limit_s=limit_s + 10)
        except Refused as error:
            raise AssertionError(f"{error}\n{self.run('get', what, '-o', 'yaml')}\n{operator_log()}") from None

    def wait_condition(self, what: str, kind: str, reason: str, limit_s: int = 120) -> str:
        """Wait until a condition has a reason; return its message."""
        self.wait(what, f'.status.conditions[?(@.type=="{kind}")].reason', reason, limit_s)
        return self.run("get", what, "-o", f'jsonpath={{.status.conditions[?(@.type=="{kind}")].message}}')


def restricted_namespace(name: str) -> AbstractContextManager[Space]:
    """Make a namespace that enforces Pod Security's level `restricted`."""
    return new_namespace(name, **{"pod-security.kubernetes.io/enforce": "restricted"})


@contextmanager
def new_namespace(name: str, **labels: str) -> Iterator[Space]:
    """A namespace for as long as the block lasts; where its end is never reached, the next tests or demo remove it."""
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    kubectl("create", "-f", "-", stdin=json.dumps(disposable(made)))
    try:
        kubectl("-n", name, "wait", "--for=create", "serviceaccount/default", "--timeout=30s")
        yield Space(name)
    finally:
        kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


def operator_log() -> str:
    """Return what the installed operator says; nothing where none runs."""
    with suppress(Refused):
        return kubectl("-n", "refit-system", "logs", "deploy/refit-operator", "--tail=30", "--pod-running-timeout=1s")
    return ""


def merge(base: Any, change: Any) -> Any:
    """Return `base` with `change` laid over it; None removes a key."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    merged = {**base, **{key: merge(base.get(key), value) for key, value in change.items()}}
    return {key: value for key, value in merged.items() if value is not None}


Patch = Callable[[Document], Document]
