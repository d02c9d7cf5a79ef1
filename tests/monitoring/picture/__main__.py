"""`python -m tests.monitoring.picture --prometheus URL --into FILE`: the dashboard as a picture.

It exits with 1 where a panel that always has data has none.
"""

import argparse
import io
import json
import sys
import time
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from tests.monitoring.__main__ import FOLDER
from tests.monitoring.picture.asking import Source, Span, choose
from tests.monitoring.picture.looks import THEMES
from tests.monitoring.picture.page import Page

COLORS = 200
"""Of a PNG: so that a picture of plain areas and lines is small."""


def main(words: list[str]) -> int:
    """Draw it, and say which panels have no data."""
    asked = _parser().parse_args(words)
    end = asked.end or time.time()
    variables = dict(word.split("=", 1) for word in asked.variable)
    dashboard = json.loads((FOLDER / "dashboard.json").read_text())
    source = choose(Source(asked.prometheus, Span(end - asked.minutes * 60, end, asked.scrape), variables), dashboard)
    page = Page(dashboard, source, THEMES[asked.theme], frozenset(asked.row))
    save(page.draw(), asked.into)
    for title, says in page.empty.items():
        print(f"{title}: {says or 'NO DATA'}")
    return 1 if None in page.empty.values() else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.monitoring.picture", description=__doc__)
    parser.add_argument("--prometheus", required=True, metavar="URL")
    parser.add_argument("--into", required=True, type=Path, metavar="FILE", help=".png or .svg")
    parser.add_argument("--end", type=float, metavar="SECONDS", help="the end of the time shown; default: now")
    parser.add_argument("--minutes", type=float, default=60, help="how long the time shown is")
    parser.add_argument("--scrape", type=float, default=15, metavar="SECONDS", help="how often the series are scraped")
    parser.add_argument("--theme", choices=list(THEMES), default="light")
    parser.add_argument("--row", action="append", default=[], metavar="TITLE", help="draw only this row")
    parser.add_argument("--variable", action="append", default=[], metavar="NAME=VALUE")
    return parser


def save(figure: Figure, path: Path) -> None:
    """Write the picture."""
    if path.suffix == ".svg":
        figure.savefig(path)
        return
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    Image.open(buffer).convert("RGB").quantize(COLORS, Image.Quantize.MAXCOVERAGE, kmeans=2).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
