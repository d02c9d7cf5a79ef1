"""The page on reliability, made from what was played: `python -m tests.faults.report [--check]`."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from string import Template

from refit_operator.api.generated import write_or_check
from tests.faults import requests
from tests.faults.played import Played, load

FOLDER = Path("docs/reliability")
PAGE = Path("docs/reliability.md")
TEXT = Path(__file__).with_name("page.md")
NEVER = "never came"


def table(played: list[Played]) -> str:
    """Return modes by kinds of call: how many ended as without a fault, and the seconds until it worked again."""
    kinds = in_order_of_appearance(kind_of(one) for one in played)
    header = ["mode", *[f"`{kind}`" for kind in kinds], "violations"]
    rows = [
        [f"`{mode}`", *[cell(ours, kind) for kind in kinds], str(sum(len(one.problems) for one in ours))]
        for mode in in_order_of_appearance(one.fault for one in played)
        if (ours := [one for one in played if one.fault == mode])
    ]
    return markdown([header, *rows])


def kind_of(one: Played) -> str:
    """Return the kind of a call: `PUT retrainruns/status` for `PUT retrainruns/status Judging#2`."""
    return " ".join(one.at.partition("#")[0].split()[:2])


def cell(played: list[Played], kind: str) -> str:
    """Return what came of one mode at one kind of call."""
    ours = [one for one in played if kind_of(one) == kind]
    came = [one for one in ours if one.led_to != NEVER]
    if not came:
        return NEVER if ours else "-"
    good = sum(not one.problems for one in came)
    missed = f", {len(ours) - len(came)} never came" if len(came) < len(ours) else ""
    return f"{good} of {len(came)} ok{missed}, {seconds_of(came)}"


def seconds_of(played: list[Played]) -> str:
    """Return median and maximum."""
    seconds = [one.seconds for one in played]
    return f"{median(seconds):.1f} / {max(seconds):.1f} s"


def one_by_one(played: list[Played]) -> str:
    """Return a row for each fault."""
    rows = [
        [one.fault, one.at, one.led_to, f"{one.seconds:.1f} s", "; ".join(one.problems) or "nothing"] for one in played
    ]
    return markdown([["fault", "at", "what it led to", "works again after", "lost or violated"], *rows])


def in_order_of_appearance(words: Iterable[str]) -> list[str]:
    """Return each word once."""
    return list(dict.fromkeys(words))


def markdown(rows: list[list[str]]) -> str:
    """Return a table."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


TABLES: dict[str, Callable[[list[Played]], str]] = {
    "calls": table,
    "rollback": table,
    "shadow": table,
    "surroundings": one_by_one,
    "mass": one_by_one,
    "batch": one_by_one,
}


def answered(file: Path) -> dict[str, str]:
    """Return the words on requests: the table, how many were sent and how many lost."""
    found = requests.load(file) if file.exists() else []
    return {
        "requests": markdown(requests.rows(found)) if found else "Not counted yet.",
        "requests_sent": str(sum(one.sent for one in found)),
        "requests_lost": str(sum(one.lost for one in found)),
    }


def render(folder: Path = FOLDER) -> str:
    """Return the page."""
    groups = {group: load(path) if (path := folder / f"{group}.jsonl").exists() else [] for group in TABLES}
    came = {group: [one for one in played if one.led_to != NEVER] for group, played in groups.items()}
    every = [one for group in came.values() for one in group]
    words = {group: TABLES[group](played) if played else "Not played yet." for group, played in groups.items()}
    words |= {f"{group}_count": str(len(played)) for group, played in came.items()}
    words |= {f"{group}_points": str(len({one.at for one in played})) for group, played in came.items()}
    words |= answered(folder / "requests.jsonl")
    words["violations"] = str(sum(len(one.problems) for one in every))
    return Template(TEXT.read_text()).substitute(words, count=str(len(every)))


def main(words: list[str]) -> int:
    """Write the page, or with --check only say whether it differs (exit 1)."""
    return write_or_check({PAGE: render()}, "make reliability", words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
