"""Which of our namespaces another operator serves, too: each states on its Lease what it selects. Pure.

As in an election, no time that another machine wrote is compared with ours: an operator leads whose Lease has a holder,
and has changed since it was read before.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from refit_operator.api.base import NAMESPACES_ANNOTATION
from refit_operator.api.selection import Selection, parse_selection

Document = dict[str, Any]


def overlaps(
    own: str, namespaces: Collection[str], before: Mapping[str, Document], leases: Sequence[Document]
) -> dict[str, list[str]]:
    """Return, by the Lease of each other operator, those of the namespaces that it serves, too."""
    others = {name_of(lease): selection_of(lease) for lease in leases if _leads(lease, before)}
    others.pop(own, None)
    shared = {name: sorted(one for one in namespaces if one in served) for name, served in others.items() if served}
    return {name: both for name, both in shared.items() if both}


def name_of(lease: Document) -> str:
    """Return the name of a Lease."""
    return str(lease["metadata"]["name"])


def selection_of(lease: Document) -> Selection | None:
    """Return what the holder of a Lease selects; None where it doesn't say, as one that isn't an operator's."""
    text = (lease["metadata"].get("annotations") or {}).get(NAMESPACES_ANNOTATION)
    try:
        return None if text is None else parse_selection(text)
    except ValueError:
        return None


def _leads(lease: Document, before: Mapping[str, Document]) -> bool:
    then, spec = before.get(name_of(lease)), lease.get("spec") or {}
    return bool(spec.get("holderIdentity")) and then is not None and then.get("spec") != spec
