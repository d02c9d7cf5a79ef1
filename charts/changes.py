"""What a manifest has another form of in the chart: texts of it, each replaced by one with template actions.

A text that isn't found as often as it is expected ends the generation, so that no change of a manifest is missed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

NAMESPACE = "refit-system"
RELEASE_NAMESPACE = "{{ .Release.Namespace }}"
SUFFIX = "{{ .Values.nameSuffix }}"
SEPARATOR = "---\n"

Conditions = Mapping[tuple[str, str], str]
"""Documents by kind and name, and under which condition each is rendered."""


class Unexpected(ValueError):
    """A manifest isn't as the chart expects it; the message is printed."""


@dataclass(frozen=True)
class Change:
    """A text of a manifest, what replaces it, and how often it is there."""

    old: str
    new: str
    times: int = 1


def append(to: str, text: str) -> Change:
    """Return the change that has a text after another."""
    return Change(to, to + text)


def suffixed(text: str, times: int = 1) -> Change:
    """Return the change that ends a name with the suffix of this operator."""
    return Change(text, text + SUFFIX, times)


def only_if(condition: str, text: str) -> str:
    """Return whole lines, rendered where a condition holds; always where there is none."""
    return f"{{{{- if {condition} }}}}\n{text}{{{{- end }}}}\n" if condition else text


def applied(source: str, text: str, changes: tuple[Change, ...], only: Conditions | None = None) -> str:
    """Return a manifest as a template. Raises Unexpected."""
    if "{{" in text:
        raise Unexpected(f"{source} has {{{{, which Helm would take for an action: write it in another way")
    text = _conditional(source, text, only or {})
    for change in changes:
        found = text.count(change.old)
        if found != change.times:
            raise Unexpected(
                f"{source} has this {found} times, and the chart expects {change.times}:\n{change.old}\n"
                "Correct charts/templates.py, which says what the chart makes of it."
            )
        text = text.replace(change.old, change.new)
    return text.replace(NAMESPACE, RELEASE_NAMESPACE)


def _conditional(source: str, text: str, only: Conditions) -> str:
    if not only:
        return text
    first, *others = text.split(SEPARATOR)
    names = [_identity(document) for document in others]
    for kind, name in only.keys() - set(names):
        raise Unexpected(f"{source} has no {kind} {name} after its first document: correct charts/templates.py")
    rest = zip(names, others, strict=True)
    return first + "".join(only_if(only.get(name, ""), SEPARATOR + document) for name, document in rest)


def _identity(document: str) -> tuple[str, str]:
    found = yaml.safe_load(document)
    return found["kind"], found["metadata"]["name"]
