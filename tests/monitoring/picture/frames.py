"""From answers of Prometheus to what a panel draws: names, fields with their overrides, rows of a table."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.monitoring.panels import Json
from tests.monitoring.picture.asking import Series, Source
from tests.monitoring.picture.looks import PALETTE, color

Cells = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """A series with its name and how it is shown."""

    name: str
    series: Series
    config: Json
    """The defaults of the panel, with what overrides say of this name; `custom` has what is the type's own."""
    color: str

    @property
    def last(self) -> float:
        """The newest value."""
        return self.series.values[-1]

    def text_and_color(self, value: float) -> tuple[str | None, str]:
        """Return the word that a mapping has for a value, and the colour by mapping, threshold or name."""
        mappings = [mapping["options"] for mapping in self.config.get("mappings", ())]
        mapped = next((options[f"{value:g}"] for options in mappings if f"{value:g}" in options), None)
        if mapped:
            return mapped.get("text"), color(mapped["color"])
        if self.config.get("color", {}).get("mode") == "thresholds":
            steps = self.config["thresholds"]["steps"]
            return None, color([s["color"] for s in steps if s["value"] is None or value >= s["value"]][-1])
        return None, self.color


def fields(panel: Json, source: Source, step: float) -> list[Field]:
    """Return the series of a panel's targets."""
    found = [(_name(target, one), one) for target in panel["targets"] for one in source.ask(target, step)]
    return [_field(panel, name, series, number) for number, (name, series) in enumerate(found)]


def _name(target: Json, series: Series) -> str:
    legend = str(target["legendFormat"])
    if legend == "__auto":
        return ", ".join(f'{name}="{value}"' for name, value in series.labels.items()) or target["expr"]
    return re.sub(r"{{ *(\w+) *}}", lambda found: series.labels.get(found[1], ""), legend)


def _field(panel: Json, name: str, series: Series, number: int) -> Field:
    config = configured(panel, name)
    asked = config.get("color", {})
    chosen = asked.get("fixedColor") if asked.get("mode") == "fixed" else PALETTE[number % len(PALETTE)]
    return Field(name, series, config, color(chosen))


def configured(panel: Json, name: str) -> Json:
    """Return the settings of a field of that name."""
    config: Json = dict(panel["fieldConfig"]["defaults"])
    config["custom"] = dict(config["custom"])
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"] == {"id": "byName", "options": name}:
            for one in override["properties"]:
                of_type = one["id"].startswith("custom.")
                (config["custom"] if of_type else config)[one["id"].removeprefix("custom.")] = one["value"]
    return config


def rows(panel: Json, source: Source, step: float) -> list[Cells]:
    """Return a table's rows by the names of their columns, in the order of these, after its transformations."""
    merged: dict[tuple[str, str], Cells] = {}
    targets = panel["targets"]
    for target in targets:
        column = f"Value #{target['refId']}" if len(targets) > 1 else "Value"
        for one in source.ask(target, step):
            key = (one.labels.get("namespace", ""), one.labels.get("monitor", ""))
            merged.setdefault(key, {}).update(one.labels, **{column: one.values[-1]})
    organize = next((t["options"] for t in panel["transformations"] if t["id"] == "organize"), None)
    return [_organized(cells, organize) if organize else cells for cells in merged.values()]


def _organized(cells: Cells, options: Json) -> Cells:
    kept: Iterable[str] = (name for name in cells if not options["excludeByName"].get(name))
    order = options["indexByName"]
    renamed = options["renameByName"]
    return {renamed.get(name, name): cells[name] for name in sorted(kept, key=lambda name: order.get(name, 99))}
