"""What the watch of monitors has shown, as little of each as is needed: is an event news, and who has a target."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from refit_operator.api.metadata import Ref
from refit_operator.api.serving import DEFAULT_KIND


@dataclass(frozen=True)
class Target:
    """Kind, namespace and name of what may be a target."""

    kind: str
    namespace: str
    name: str


@dataclass(slots=True)
class _Known:
    fingerprint: int
    target: Target


@dataclass
class Seen:
    """All monitors that the watch has shown."""

    _known: dict[Ref, _Known] = field(default_factory=dict)
    _of_target: dict[Target, set[Ref]] = field(default_factory=lambda: defaultdict(set))

    def monitor(self, ref: Ref, document: Mapping[str, Any]) -> bool:
        """Note a monitor; return whether more than its status is new. What a status says is written by the operator."""
        meta = document.get("metadata") or {}
        known = _Known(_fingerprint(meta), _target(ref.namespace, document))
        before = self._known.get(ref)
        if before is None or before.target != known.target:
            self._forget_target(ref)
            self._of_target[known.target].add(ref)
        self._known[ref] = known
        return before is None or before.fingerprint != known.fingerprint

    def forget(self, ref: Ref) -> bool:
        """Forget a monitor that is gone; return True: that is news."""
        self._forget_target(ref)
        self._known.pop(ref, None)
        return True

    def same_target(self, ref: Ref) -> frozenset[Ref]:
        """Return the monitors, it included, that have the monitor's target."""
        known = self._known.get(ref)
        return self.of_target(known.target) if known else frozenset()

    def of_target(self, target: Target) -> frozenset[Ref]:
        """Return the monitors of a target."""
        return frozenset(self._of_target.get(target, ()))

    def _forget_target(self, ref: Ref) -> None:
        known = self._known.get(ref)
        target = known.target if known else None
        if target and target in self._of_target:
            self._of_target[target].discard(ref)
            if not self._of_target[target]:
                del self._of_target[target]


def _target(namespace: str, document: Mapping[str, Any]) -> Target:
    serving = (document.get("spec") or {}).get("serving") or {}
    found = serving.get("targetRef") or {}
    return Target(str(found.get("kind") or DEFAULT_KIND), namespace, str(found.get("name") or ""))


def _fingerprint(meta: Mapping[str, Any]) -> int:
    """Return a number for all that a user may change, or a controller: spec, labels, annotations, a deletion."""
    parts = (meta.get(name) for name in ("uid", "generation", "labels", "annotations", "deletionTimestamp"))
    return hash(tuple(_frozen(part) for part in parts))


def _frozen(value: Any) -> object:
    return tuple(sorted(value.items())) if isinstance(value, Mapping) else value
