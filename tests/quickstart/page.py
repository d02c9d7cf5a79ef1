"""docs/getting-started.md as its reader takes it: the commands in their order, and what is shown after them. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

BLOCK = re.compile(r"^## (?P<title>[^\n]+)$|^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS, OUTPUT = "sh", "text"
VARIABLE = re.compile(r"^(?P<name>[A-Z]+)=(?P<value>[^\s$()]+)$")
WORD = re.compile(r"[A-Za-z/][^\s\d]{2,}")
AROUND = ".,:;()[]{}\"'`…"


class PageInvalid(ValueError):
    """The page can't be played; the message says which part of it."""


@dataclass(frozen=True)
class Step:
    """Commands of one block, and the output that the page shows after it; empty where it shows none."""

    title: str
    commands: tuple[str, ...]
    shown: str = ""


def parse(text: str) -> tuple[Step, ...]:
    """Return the steps of a page. Raises PageInvalid for output that no command stands before."""
    steps: list[Step] = []
    title = ""
    for block in BLOCK.finditer(text):
        title = block["title"] or title
        if block["language"] == COMMANDS:
            steps.append(Step(title, tuple(split(block["text"]))))
        elif block["language"] == OUTPUT:
            if not steps or steps[-1].title != title or steps[-1].shown:
                raise PageInvalid(f"{title}: shows output, and no command stands before it: {block['text']:.60}")
            steps[-1] = Step(title, steps[-1].commands, block["text"])
    return tuple(steps)


def split(block: str) -> Iterator[str]:
    """Yield the commands of a block; a line that is indented or closes a brace belongs to the one before."""
    command = ""
    for line in block.splitlines():
        if command and line[:1] not in ("", " ", "}"):
            yield command
            command = ""
        command = f"{command}\n{line}".strip("\n")
    if command:
        yield command


def fill(steps: tuple[Step, ...], values: Mapping[str, str]) -> tuple[Step, ...]:
    """Return the steps with other values of variables. Raises PageInvalid for one that the page doesn't declare."""
    declared = {found["name"] for step in steps for one in step.commands if (found := VARIABLE.match(one))}
    if unknown := sorted(set(values) - declared):
        raise PageInvalid(f"the page declares {', '.join(sorted(declared))}, and not {', '.join(unknown)}")
    return tuple(Step(step.title, tuple(_fill(one, values) for one in step.commands), step.shown) for step in steps)


def _fill(command: str, values: Mapping[str, str]) -> str:
    found = VARIABLE.match(command)
    return f"{found['name']}={values[found['name']]}" if found and found["name"] in values else command


def words(text: str) -> frozenset[str]:
    """Return the words of an output, each up to its first digit: numbers, times and digests differ each time."""
    found = (WORD.match(word.lstrip(AROUND)) for word in text.split())
    return frozenset(one[0].rstrip(AROUND) for one in found if one)


def missing(shown: str, printed: str) -> list[str]:
    """Return the words of what the page shows that weren't printed."""
    return sorted(words(shown) - words(printed))
