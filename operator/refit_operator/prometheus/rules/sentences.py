"""Sentences with words of a query or of an answer in them, as they may stand in a status, an Event and a log. Pure."""

LONGEST = 300
"""Characters that are kept."""


def one_line(text: str) -> str:
    """Return the text as one printable line, cut to LONGEST."""
    shown = "".join(character if character.isprintable() else " " for character in text[: 4 * LONGEST])
    line = " ".join(shown.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
