"""Which fields of a run's spec may change, each once: approval, by whom and why, and abort. The rest is immutable."""

from typing import Any

from refit_operator.api.base import rules


def make_immutable(schema: dict[str, Any]) -> None:
    """Add a rule for every field of the schema, so that a field that is added to the type is immutable by itself."""
    kept = (name for name in schema["properties"] if name not in MUTABLE)
    schema.update(rules(*((_same(name), f"{name} is immutable") for name in kept), *MUTABLE.values()))


def _same(name: str) -> str:
    return f"has(self.{name}) == has(oldSelf.{name}) && (!has(self.{name}) || self.{name} == oldSelf.{name})"


def _with_approval(name: str) -> tuple[str, str]:
    rule = f"({_same(name)}) || (!has(oldSelf.approval) && has(self.approval))"
    return rule, f"{name} is set together with approval, and cannot be changed"


MUTABLE = {
    "approval": (
        "!has(oldSelf.approval) || (has(self.approval) && self.approval == oldSelf.approval)",
        "approval cannot be changed once set",
    ),
    "approvalBy": _with_approval("approvalBy"),
    "approvalReason": _with_approval("approvalReason"),
    "abort": (
        "!has(oldSelf.abort) || !oldSelf.abort || (has(self.abort) && self.abort)",
        "abort cannot be unset",
    ),
}
"""The fields for users, each with its rule and the rule's message."""
