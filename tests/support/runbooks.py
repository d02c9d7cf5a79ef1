"""The runbooks of the alerts: the commands and queries of each section, as they are written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from localcluster.paths import CHECKOUT

PAGES = ("docs/runbooks/operator.md", "docs/runbooks/monitors.md")
PLACEHOLDERS = ("NAMESPACE", "MONITOR", "RUN", "TARGET", "OLD")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
READS = ("get", "describe", "logs", "rollout status", "auth can-i")
"""What kubectl does that changes nothing."""
FLAG = re.compile(r"^(?:-n \S+ )?(.*)$")


@dataclass(frozen=True)
class Command:
    """A line for the shell, without its comment."""

    text: str

    @property
    def does(self) -> str:
        """What kubectl is told to do."""
        found = FLAG.match(self.text.removeprefix("kubectl ").strip())
        return found.group(1) if found else ""

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return any(self.does.startswith(f"{verb} ") for verb in READS)

    def filled(self, values: Mapping[str, str]) -> str:
        """Return it with the values of its placeholders. Raises KeyError where one has none."""
        return fill(self.text, values)


@dataclass(frozen=True)
class Section:
    """What a runbook says of an alert, or before all of them."""

    text: str
    commands: tuple[Command, ...]
    queries: tuple[str, ...]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the values of its placeholders. Raises KeyError where one has none."""
    return re.sub("|".join(rf"\b{name}\b" for name in PLACEHOLDERS), lambda found: values[found.group()], text)


def section(text: str) -> Section:
    """Read a section."""
    lines = [(kind, line) for kind, block in BLOCK.findall(text) for line in block.splitlines()]
    commands = tuple(Command(re.split(r"\s+# ", line)[0]) for kind, line in lines if kind == "console")
    return Section(text, commands, tuple(line for kind, line in lines if kind == "promql"))


def sections(page: str) -> dict[str, Section]:
    """Return the sections of a page by their headings; what stands before the first has none."""
    before, *parts = re.split(r"^## ", (CHECKOUT / page).read_text(), flags=re.MULTILINE)
    named = (part.partition("\n") for part in parts)
    return {"": section(before)} | {heading: section(text) for heading, _, text in named}
