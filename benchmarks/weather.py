"""Seattle's weather, day by day from 2012 to 2015, from a package that ships it (NOAA's records, free of rights)."""

import csv
import zipfile
from pathlib import Path

from demo.data import download
from localcluster.made_once import make_once

PACKAGE = "vega_datasets==0.9.0"
INSIDE = "vega_datasets/_data/seattle-weather.csv"


def ensure_weather() -> Path:
    """Return the folder with the days, made first where it isn't there; it appears whole or not at all."""
    return make_once("weather", Path(__file__), _make)


def _make(scratch: Path, target: Path) -> None:
    with zipfile.ZipFile(download(PACKAGE, scratch, "--only-binary=:all:")) as wheel:
        (target / "days.csv").write_bytes(wheel.read(INSIDE))


def read_days(folder: Path) -> list[dict[str, str]]:
    """Return the days in their order, as text: `date`, precipitation, temperatures, wind, and what `weather` it was."""
    with (folder / "days.csv").open(newline="") as file:
        return list(csv.DictReader(file))
