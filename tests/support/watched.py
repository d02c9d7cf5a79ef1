"""Histories of watch events for what judges them."""

from collections.abc import Iterable

from tests.faults.invariants import Document, Seen

EVERY_OBJECT = {"namespace": "shop", "name": "reviews", "generation": 1}


def in_order(documents: Iterable[Document], change: str = "MODIFIED", first: int = 9) -> list[Seen]:
    """Return an event for each, in this order for the API server; with what the metadata of every object has."""
    return [
        Seen(
            change,
            document | {"metadata": EVERY_OBJECT | document["metadata"] | {"resourceVersion": str(first + number)}},
        )
        for number, document in enumerate(documents)
    ]
