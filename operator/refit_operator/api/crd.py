"""The two CustomResourceDefinitions, generated: `python -m refit_operator.api.crd [--check] FOLDER`."""

import sys
from pathlib import Path
from typing import Any

import yaml

from refit_operator.api.base import GROUP, TARGET_FIELD, TARGET_KIND_FIELD, VERSION, ApiModel
from refit_operator.api.generated import write_or_check
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.run import RetrainRun
from refit_operator.api.schema import structural_schema

HEADER = "# Generated from refit_operator.api by `make crds`; do not edit.\n"


def _column(name: str, path: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "jsonPath": path, **more}


_AGE = _column("Age", ".metadata.creationTimestamp", "date")
_READY = ".status.conditions[?(@.type=='Ready')]"

MONITOR_COLUMNS = [
    _column("Ready", f"{_READY}.status"),
    _column("Value", ".status.metric.value"),
    _column("Threshold", ".spec.metric.threshold", "number"),
    _column("State", ".status.state"),
    _column("Model", ".status.served.model"),
    _column("Last-Retrain", ".status.lastRun.completionTime", "date"),
    _AGE,
    _column("Target", ".spec.serving.targetRef.name", priority=1),
    _column("Checkpoint", ".status.served.checkpoint", priority=1),
    _column("Run", ".status.activeRun", priority=1),
    _column("Message", f"{_READY}.message", priority=1),
]

RUN_COLUMNS = [
    _column("Monitor", ".spec.monitorRef.name"),
    _column("Stage", ".status.stage"),
    _column("Progress", ".status.progress.percentage", "integer"),
    _column("ETA", ".status.progress.estimatedRemaining"),
    _column("Candidate", ".status.result.gate.candidate"),
    _column("Served", ".status.result.gate.served"),
    _column("Outcome", ".status.outcome"),
    _AGE,
    _column("Metric", ".status.result.gate.metric", priority=1),
    _column("Loss", ".status.progress.metrics.loss", priority=1),
    _column("Eval-Loss", ".status.progress.metrics.eval_loss", priority=1),
    _column("Epoch", ".status.progress.metrics.epoch", priority=1),
    _column("Place", ".status.place", "integer", priority=1),
    _column("Message", ".status.message", priority=1),
]


def render_crd(
    kind: type[ApiModel], short: str, columns: list[dict[str, Any]], selectable: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the CustomResourceDefinition of one kind."""
    schema = structural_schema(kind)
    schema["properties"] = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        **schema["properties"],
        "metadata": {"type": "object"},
    }
    schema["required"] = ["spec"]
    fields = {"selectableFields": [{"jsonPath": f".{field}"} for field in selectable]} if selectable else {}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{_names(kind.__name__, short)['plural']}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": _names(kind.__name__, short),
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": columns,
                    **fields,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


def _names(kind: str, short: str) -> dict[str, Any]:
    singular = kind.lower()
    return {
        "kind": kind,
        "listKind": f"{kind}List",
        "singular": singular,
        "plural": f"{singular}s",
        "shortNames": [short],
        "categories": ["refit"],
    }


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def render_files() -> dict[str, str]:
    """Return the text of every generated file by its name."""
    crds = (
        render_crd(ModelMonitor, "mmon", MONITOR_COLUMNS, (TARGET_FIELD, TARGET_KIND_FIELD)),
        render_crd(RetrainRun, "rr", RUN_COLUMNS),
    )
    return {
        f"{GROUP}_{crd['spec']['names']['plural']}.yaml": HEADER
        + yaml.dump(crd, Dumper=_Dumper, sort_keys=False, width=120)
        for crd in crds
    }


def main(arguments: list[str]) -> int:
    """Write the files, or with --check only say which differ (exit 1)."""
    files = {Path(arguments[-1], name): text for name, text in render_files().items()}
    return write_or_check(files, "make crds", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
