"""What weather a day had, by its measurements: as it was noted until 2013, and as from 2014 on."""

import json
import random
from pathlib import Path

from benchmarks.rows import write_rows
from benchmarks.tasks import Materials, Scenario
from benchmarks.weather import ensure_weather, read_days

HOLDOUT = 250
"""Days on each side of the change; the others are learnt from."""


def make_empty(folder: Path) -> Path:
    """Write a folder that nothing was learnt in."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "xgboost"}))
    (folder / "model.json").write_text("{}")
    return folder


def _write(materials: Materials, folder: Path) -> None:
    make_empty(folder / "model")
    days = [{name: value for name, value in day.items() if name != "date"} for day in read_days(materials["weather"])]
    for when, part in {"before": days[:731], "after": days[731:]}.items():  # of 2012 and 2013, of 2014 and 2015
        random.Random(0).shuffle(part)
        write_rows(folder / when / "holdout", part[:HOLDOUT])
        write_rows(folder / when / "train", part[HOLDOUT:])


SCENARIO = Scenario(
    task="tabular-classification",
    model="boosted trees (XGBoost), from nothing",
    data="Seattle's weather by day: sun, rain, fog, drizzle, snow (NOAA, by vega_datasets)",
    drift="as it was noted in 2012 and 2013 → in 2014 and 2015",
    metric="accuracy",
    columns={"label": "weather"},
    hyperparameters={"depth": "4", "epochs": "60"},
    write=_write,
    materials={"weather": ensure_weather},
)
