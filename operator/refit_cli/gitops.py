"""`kubectl refit gitops MONITOR`: what a GitOps tool has to leave alone, by who manages which field of the target.

The pointer isn't in a manifest, so that mostly nothing is needed. Where a tool applies a field of it, a promotion ends
with FieldConflict, or the tool sets it back: the snippet says what to add, for that target and those fields.
"""

from dataclasses import dataclass
from typing import Any

import yaml

from refit_cli.cluster import CONFIG_MAP, connect
from refit_cli.exits import Exit, Failed
from refit_cli.objects import see
from refit_cli.options import Context, Kubeconfig, MonitorName, Namespace, Output
from refit_cli.output import Format, print_data
from refit_operator.api.base import FIELD_MANAGER
from refit_operator.api.metadata import managers_at
from refit_operator.api.pointer import POINTER_KEY, PREVIOUS_KEY, Path
from refit_operator.target.rules.in_place import InPlaceTarget
from refit_operator.target.rules.view import TargetView

FLUX = ("kustomize-controller", "helm-controller")
ARGO_CD = ("argocd-controller", "argocd-application-controller", "argocd-server")
OF_ARGO_CD = ("argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance")
"""What Argo CD writes on what it applies, whichever field manager it has."""
OF_FLUX = ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name")


@dataclass(frozen=True)
class Carrier:
    """The object that has the pointer, and the fields of it that are the pointer's."""

    api_version: str
    kind: str
    document: dict[str, Any]
    paths: tuple[Path, ...]

    @property
    def name(self) -> str:
        """Kind and name, for messages."""
        return f"{self.kind} {self.document['metadata']['name']!r}"

    @property
    def group(self) -> str:
        """The API group, empty for the core's."""
        return self.api_version.rpartition("/")[0]


def carrier_of(target: TargetView) -> Carrier:
    """Return what has a target's pointer: the target, or its ConfigMap where it is updated in place. Raises Failed."""
    if not isinstance(target, InPlaceTarget):
        return Carrier(target.kind.api_version, target.kind.name, target.document, target.fields("").places)
    if target.config_map is None:
        raise Failed(Exit.CONFLICT, target.problem)
    paths = (("data", POINTER_KEY), ("data", PREVIOUS_KEY))
    return Carrier(CONFIG_MAP.api_version, CONFIG_MAP.kind, target.config_map, paths)


@dataclass(frozen=True)
class Advice:
    """Which tool applies a target, which fields of the pointer it has, and what to add to what."""

    tool: str
    owned: dict[str, list[str]]
    message: str
    snippet: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as -o json prints it."""
        return {"tool": self.tool, "owned": self.owned, "message": self.message, "snippet": self.snippet}


def tool_of(document: dict[str, Any]) -> str:
    """Return which tool applies an object, by its marks and by its field managers; empty where none is known to."""
    meta = document["metadata"]
    marks = {**(meta.get("labels") or {}), **(meta.get("annotations") or {})}
    managers = {entry["manager"] for entry in meta.get("managedFields") or ()}
    if managers & {*FLUX} or any(mark in marks for mark in OF_FLUX):
        return "Flux"
    return "Argo CD" if managers & {*ARGO_CD} or any(mark in marks for mark in OF_ARGO_CD) else ""


def owned_by_others(carrier: Carrier) -> dict[Path, list[str]]:
    """Return the fields of the pointer that others manage, each with who does."""
    found = {path: managers_at(carrier.document, path) for path in carrier.paths}
    others = {path: [each for each in managers if each != FIELD_MANAGER] for path, managers in found.items()}
    return {path: managers for path, managers in others.items() if managers}


def advise(target: TargetView) -> Advice:
    """Return what to do for a target. Raises Failed where its ConfigMap is missing."""
    carrier = carrier_of(target)
    tool, owned = tool_of(carrier.document), owned_by_others(carrier)
    shown = {"/".join(path): managers for path, managers in owned.items()}
    names = ", ".join(dict.fromkeys(manager for managers in owned.values() for manager in managers))
    if not owned:
        by = f"{tool} applies it, and nothing of the pointer" if tool else "no GitOps tool is known to apply it"
        return Advice(tool, shown, f"{carrier.name}: {by}: nothing is needed")
    if not tool:
        message = f"{carrier.name}: {names} applies fields of the pointer: take them out of that manifest"
        return Advice(tool, shown, message)
    what, snippet = (
        ("Application, so that a sync leaves the operator's fields alone", ignore_differences(carrier))
        if tool == "Argo CD"
        else ("Kustomization", {"spec": {"patches": [removal(carrier, list(owned))]}})
    )
    message = f"{names} applies the pointer: take it out of the repository, or add this to the {what}"
    return Advice(tool, shown, message, snippet)


def ignore_differences(carrier: Carrier) -> dict[str, Any]:
    """Return the part of an Application that ignores what the operator manages, in comparisons and in syncs."""
    meta = carrier.document["metadata"]
    entry = {"group": carrier.group, "kind": carrier.kind, "name": meta["name"], "namespace": meta["namespace"]}
    ignored = [entry | {"managedFieldsManagers": [FIELD_MANAGER]}]
    return {"spec": {"ignoreDifferences": ignored, "syncPolicy": {"syncOptions": ["RespectIgnoreDifferences=true"]}}}


def removal(carrier: Carrier, paths: list[Path]) -> dict[str, Any]:
    """Return the patch by which a Kustomization leaves fields out of what it applies."""
    version, name = carrier.api_version.rpartition("/")[2], carrier.document["metadata"]["name"]
    what = {"group": carrier.group, "version": version, "kind": carrier.kind, "name": name}
    operations = [{"op": "remove", "path": f"/{'/'.join(map(_escaped, path))}"} for path in paths]
    return {"target": what, "patch": yaml.safe_dump(operations, sort_keys=False)}


def _escaped(key: str) -> str:
    """Return a key as JSON Pointer has it (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def command(
    name: MonitorName,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    output: Output = Format.TABLE,
) -> None:
    """Print what Argo CD or Flux needs so that it leaves the target's pointer alone."""
    target = see(connect(namespace, context, kubeconfig), name).target
    if target is None:
        raise Failed(Exit.CONFLICT, f"{name}: there is no target whose fields could be examined")
    advice = advise(target)
    if output.is_data:
        print_data(advice.to_json(), output)
        return
    print(f"# {advice.message}")
    if advice.snippet:
        print_data(advice.snippet, Format.YAML)
