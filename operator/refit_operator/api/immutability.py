"""What of a run's spec may change: the two words of people, each one way. Everything else stays as it was decided."""

from typing import Any

from refit_operator.api.base import rules

WORDS = {
    "approval": (
        "!has(oldSelf.approval) || (has(self.approval) && self.approval == oldSelf.approval)",
        "approval is said once and never changes",
    ),
    "abort": (
        "!has(oldSelf.abort) || !oldSelf.abort || (has(self.abort) && self.abort)",
        "abort can't be taken back",
    ),
}
"""The fields for people, each with its rule and the rule's message."""


def keep_but_words(schema: dict[str, Any]) -> None:
    """Add a rule for every field of the schema: a field that is added to the type is kept without anybody's thought."""
    kept = (name for name in schema["properties"] if name not in WORDS)
    schema.update(rules(*((_same(name), f"a run's spec never changes: {name}") for name in kept), *WORDS.values()))


def _same(name: str) -> str:
    return f"has(self.{name}) == has(oldSelf.{name}) && (!has(self.{name}) || self.{name} == oldSelf.{name})"
