"""What the process ends with. docs/reference/exit-codes.md is made of it."""

from enum import IntEnum
from typing import Self


class Exit(IntEnum):
    """An exit code, and what it means."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        """Make a number that carries its meaning."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    OK = 0, "Done; nothing was found."
    FOUND = 1, "Something was found that shouldn't be: errors of `lint`, a failed check of `doctor`."
    USAGE = 2, "The command line or an input file can't be read."
    NOT_FOUND = 3, "The API server has no such object."
    FORBIDDEN = 4, "The API server refuses: rights are missing, or a policy objects."
    UNREACHABLE = 5, "No answer: of the API server, or of Prometheus where a command can't do without."
    CONFLICT = 6, "What was asked can't be done in this state; the message says why and what to do."


class Failed(Exception):
    """A command ends here: with a sentence for the user and an exit code."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code
