"""What Debian's packages are for: their one-line descriptions, and the tags that people gave them (debtags).

E. Zini, "A cute introduction to Debtags", DebConf 2005. Read from the machine's own list of packages.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from localcluster.commands import run, succeeds
from localcluster.made_once import make_once

TAGS = (
    "role::program",
    "role::documentation",
    "role::plugin",
    "role::shared-lib",
    "role::devel-lib",
    "role::app-data",
    "devel::library",
    "interface::commandline",
    "interface::graphical",
    "interface::text-mode",
    "scope::utility",
    "scope::application",
    "works-with::audio",
    "works-with::image",
    "works-with::text",
    "use::gameplaying",
    "game::arcade",
    "protocol::http",
)
"""The tags that are asked for; a package has any number of them."""
FIELD = re.compile(r"^(Package|Section|Tag|Description(?:-en)?): (.*(?:\n .*)*)", re.MULTILINE)


def ensure_packages() -> Path:
    """Return the folder with the packages, made first where it isn't there; it appears whole or not at all."""
    return make_once("packages", Path(__file__), _make)


def _make(scratch: Path, target: Path) -> None:
    if not succeeds(["apt-cache", "show", "gimp"]):
        run(["apt-get", "update"])
    rows = parse_packages(run(["apt-cache", "dumpavail"]))
    (target / "packages.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def parse_packages(text: str) -> Iterator[dict[str, object]]:
    """Yield the packages that have tags, each description once: its text, its section, and which of TAGS it has."""
    seen: set[str] = set()
    for paragraph in text.split("\n\n"):
        fields = {name.removesuffix("-en"): value for name, value in FIELD.findall(paragraph)}
        line = fields.get("Description", "").partition("\n")[0]
        if "Tag" in fields and line and line not in seen:
            seen.add(line)
            tags = {tag.strip() for tag in fields["Tag"].replace("\n", "").split(",")}
            yield {"text": line, "section": fields["Section"], "labels": [tag for tag in TAGS if tag in tags]}


def read_packages(folder: Path, sections: tuple[str, ...]) -> list[dict[str, object]]:
    """Return the packages of some sections, in an order that is always the same."""
    rows = (json.loads(line) for line in (folder / "packages.jsonl").read_text().splitlines())
    return [row for row in rows if row["section"] in sections]
