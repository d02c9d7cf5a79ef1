"""Dates as they are written in two languages, each with the same date in digits, from Babel's copy of the CLDR.

The forms are those that the Unicode consortium's translators gave for each language; the dates themselves are drawn.
"""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

from demo.data import download
from localcluster.made_once import make_once

PACKAGE = "babel==2.17.0"
LANGUAGES = ("en", "fr")
DATES = 6000
WRITE = """
import datetime, json, random, sys
from babel.dates import format_date
language, count = sys.argv[1], int(sys.argv[2])
draw, first = random.Random(language), datetime.date(1950, 1, 1)
for day in draw.sample(range(100 * 365), count):
    date = first + datetime.timedelta(days=day)
    text = format_date(date, draw.choice(("full", "long", "medium")), locale=language)
    print(json.dumps({"text": text.replace("\\u202f", " "), "target": date.isoformat()}, ensure_ascii=False))
"""


def ensure_dates() -> Path:
    """Return the folder with `en.jsonl` and others, made first where it isn't there; whole or not at all."""
    return make_once("dates", Path(__file__), _make)


def _make(scratch: Path, target: Path) -> None:
    with zipfile.ZipFile(download(PACKAGE, scratch, "--only-binary=:all:")) as wheel:
        wheel.extractall(scratch / "babel")
    for language in LANGUAGES:
        argv = [sys.executable, "-c", WRITE, language, str(DATES)]
        done = subprocess.run(argv, env={"PYTHONPATH": str(scratch / "babel")}, capture_output=True, check=True)
        (target / f"{language}.jsonl").write_bytes(done.stdout)


def read_dates(folder: Path, language: str) -> list[dict[str, str]]:
    """Return a language's rows, in an order that is always the same."""
    return [json.loads(line) for line in (folder / f"{language}.jsonl").read_text().splitlines()]
