"""Who gives way where all connections are taken: each address has its share. Pure."""

from collections.abc import Mapping


def gives_way(held: Mapping[str, int], newcomer: str) -> str:
    """Return the address that loses a connection to a newcomer: the one with most, unless it would have fewer then.

    Empty where none does. Whoever has one connection keeps it, however many addresses others have.
    """
    most = max(held, key=held.__getitem__, default="")
    return most if held.get(most, 0) > held.get(newcomer, 0) + 1 else ""
