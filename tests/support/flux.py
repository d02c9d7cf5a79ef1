"""What Flux says of an object by the healthCheckExprs of a Kustomization: its rules over a real CEL.

`make test-gitops` has Flux itself say it.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from cel_expr_python import cel

from tests.support.kstatus import Status

Document = dict[str, Any]
SAMPLE = Path("manifests/gitops/flux/reviews.yaml")
ORDER = {"inProgress": Status.IN_PROGRESS, "failed": Status.FAILED, "current": Status.CURRENT}
FIELDS = ("apiVersion", "kind", "metadata", "spec", "status")


def expressions() -> dict[str, str]:
    """Return the sample's expressions for a ModelMonitor."""
    _, kustomization = yaml.safe_load_all(SAMPLE.read_text())
    (found,) = kustomization["spec"]["healthCheckExprs"]
    assert found.pop("apiVersion").startswith("refit.dev/") and found.pop("kind") == "ModelMonitor"
    return dict(found)


@cache
def _compiled(expression: str) -> Any:
    return cel.NewEnv(variables=dict.fromkeys(FIELDS, cel.Type.DYN)).compile(expression)


def evaluate(written: dict[str, str], document: Document) -> Status:
    """Return the status of an object: an old generation first, then the first expression that is true."""
    seen = (document.get("status") or {}).get("observedGeneration", document["metadata"]["generation"])
    if seen != document["metadata"]["generation"]:
        return Status.IN_PROGRESS
    for name, status in ORDER.items():
        if name in written and holds(written[name], document):
            return status
    return Status.IN_PROGRESS


def holds(expression: str, document: Document) -> bool:
    """Return whether an expression is true. Raises ValueError where it can't be evaluated, as Flux fails then."""
    found = _compiled(expression).eval(data={name: document[name] for name in FIELDS if name in document})
    if found.type() != cel.Type.BOOL:
        raise ValueError(f"{expression}: {found.plain_value()}")
    return bool(found.plain_value())
