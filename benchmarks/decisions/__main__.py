"""`python -m benchmarks.decisions [SECTION…]`: measure what is named, all by default, and make the page.

`--check` only reports whether the page and its pictures match the records; `--render` makes them of the records.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.decisions import Section, sections
from benchmarks.pages import FOLDER, read_lines, write_lines
from localcluster.progress import step

RECORDS, PAGE = FOLDER / "decisions", FOLDER / "decisions.md"
HEAD = """<!-- made by `python -m benchmarks.decisions` of the records in decisions/ -->
# How often decisions are wrong, and how late

Each decision of the operator states how often it may be wrong. Here each promise is held against simulations, by the
code that decides in the operator, and each price is named: what is seen later, or not. Everything is seeded;
`make bench-decisions` measures again and writes this page.
"""


def records_of(section: Section) -> Path:
    """Return the file of a section's records."""
    return RECORDS / f"{section.name}.jsonl"


def made() -> dict[Path, str]:
    """Return the page and its pictures, made of the records."""
    files: dict[Path, str] = {}
    texts = [HEAD]
    for section in sections():
        records = read_lines(records_of(section))
        texts.append(section.render(records))
        files |= {RECORDS / name: picture for name, picture in section.pictures(records).items()}
    return {PAGE: "\n".join(text.strip() + "\n" for text in texts), **files}


def problems() -> list[str]:
    """Return which files aren't what the records say."""
    return [f"{file} isn't what its records say" for file, text in made().items() if _read(file) != text]


def _read(file: Path) -> str | None:
    return file.read_text() if file.exists() else None


def measure(names: Sequence[str]) -> None:
    """Write the records of the sections that are named."""
    for section in sections():
        if section.name in names:
            with step(f"section {section.name}"):
                write_lines(records_of(section), section.measure())


def main() -> None:
    """Measure, and make the page; or only check it."""
    known = [section.name for section in sections()]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.decisions", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="SECTION", help=f"default: {', '.join(known)}")
    parser.add_argument("--check", action="store_true", help="fail where the page isn't what the records say")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    arguments = parser.parse_args()
    if arguments.check:
        sys.exit("\n".join(problems()) or None)
    if not arguments.render:
        measure(arguments.names or known)
    for file, text in made().items():
        file.write_text(text)


if __name__ == "__main__":
    main()
