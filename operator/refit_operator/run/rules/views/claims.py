"""Claims, and on which nodes their volumes can be mounted: what the scheduler's message doesn't name. Pure.

A volume of one node or zone says so in its node affinity: terms of which one has to hold, each of labels of a node.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

from refit_operator.run.rules.views.documents import Document

WORDS = {"hostname": "node", "name": "node"}
"""What a label's name, or a field's, is in a message; any other is as it is, such as zone."""


@dataclass(frozen=True)
class Claim:
    """A claim and its volume."""

    name: str
    volume: str = ""
    """Name of the volume, empty where the claim has none yet."""
    places: dict[str, frozenset[str]] = field(default_factory=dict)
    """By each label that the volume requires of a node, the values that it may have; empty: any node, or not known."""


def claims_of_pod(pod: Document) -> tuple[str, ...]:
    """Return the names of the claims that a pod mounts."""
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    return tuple(v["persistentVolumeClaim"]["claimName"] for v in volumes if v.get("persistentVolumeClaim"))


def view_claims(claims: list[Document], volumes: list[Document]) -> tuple[Claim, ...]:
    """Return the claims of a namespace, with what is known of their volumes."""
    places = {volume["metadata"]["name"]: _places(volume) for volume in volumes}
    named = ((claim["metadata"]["name"], claim["spec"].get("volumeName") or "") for claim in claims)
    return tuple(Claim(name, volume, places.get(volume, {})) for name, volume in named)


def _places(volume: Document) -> dict[str, frozenset[str]]:
    """Return the values that any term allows, by the labels that all terms require."""
    required = (volume["spec"].get("nodeAffinity") or {}).get("required") or {}
    terms = [_values(term) for term in required.get("nodeSelectorTerms") or ()]
    shared = set.intersection(*(set(term) for term in terms)) if terms else set()
    return {key: frozenset().union(*(term[key] for term in terms)) for key in sorted(shared)}


def _values(term: Document) -> dict[str, frozenset[str]]:
    wanted = (*(term.get("matchExpressions") or ()), *(term.get("matchFields") or ()))
    return {one["key"]: frozenset(one.get("values") or ()) for one in wanted if one.get("operator") == "In"}


def apart(claims: Iterable[Claim]) -> str:
    """Return which two of the claims are where no one node is, with both places; empty where there are none."""
    for one, other in combinations(claims, 2):
        for key in one.places.keys() & other.places.keys():
            if not one.places[key] & other.places[key]:
                return f"{one.name} ({_place(one, key)}) and {other.name} ({_place(other, key)})"
    return ""


def whereabouts(claims: Iterable[Claim]) -> str:
    """Return which claims can be mounted where, empty where none is bound to a place."""
    found: dict[str, list[str]] = {}
    for claim in claims:
        if claim.places:
            found.setdefault(_place(claim, next(iter(claim.places))), []).append(claim.name)
    named = ((("claims " if names[1:] else "claim ") + ", ".join(names), place) for place, names in found.items())
    return " and ".join(f"the {names} {_in(place)}" for names, place in named)


def _in(place: str) -> str:
    return f"on {place}" if place.startswith("node ") else f"in {place}"


def _place(claim: Claim, key: str) -> str:
    label = key.rpartition("/")[2].rpartition(".")[2]
    return f"{WORDS.get(label, label)} {' or '.join(sorted(claim.places[key]))}"
