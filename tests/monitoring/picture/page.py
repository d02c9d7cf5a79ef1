"""A dashboard as one picture: its panels on Grafana's grid of 24 columns."""

import math
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from tests.monitoring.panels import WIDTH, Json
from tests.monitoring.picture import charts, values
from tests.monitoring.picture.asking import Source
from tests.monitoring.picture.frames import Field, fields, rows
from tests.monitoring.picture.looks import Theme, color

PIXELS, DOTS = 1600, 100
CELL, GAP, HEAD = 38, 8, 74
NOT_GRAFANA = (
    "Drawn from the dashboard's JSON and Prometheus's answers by tests/monitoring/picture; this isn't Grafana."
)
MARKER_STEP_S = 60


def regions(values: Iterable[float]) -> list[float]:
    """Return when markers begin, in seconds: those of one series that are a step apart or less are one to Grafana."""
    found: list[float] = []
    latest = -math.inf
    for value in values:
        if value / 1000 > latest + MARKER_STEP_S:
            found.append(value / 1000)
        latest = value / 1000
    return found


@dataclass
class Page:
    """A page that is being drawn; `empty` has the panels without data, by title, with what they say."""

    dashboard: Json
    source: Source
    theme: Theme
    titles: frozenset[str] = frozenset()
    """Rows that are drawn, by their titles as the dashboard has them; none named: all."""
    empty: dict[str, str | None] = field(default_factory=dict)

    def draw(self) -> Figure:
        """Return the picture."""
        shown = self._panels()
        top = min(panel["gridPos"]["y"] for panel in shown)
        tall = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in shown) - top
        self.height = HEAD + tall * CELL
        self.figure = Figure((PIXELS / DOTS, self.height / DOTS), DOTS, facecolor=self.theme.page)
        asked = self.dashboard["annotations"]["list"]
        self.markers = {one["name"]: (one["iconColor"], self._times(one["expr"])) for one in asked}
        self.marked = {one["name"]: one["filter"]["ids"] for one in asked if "filter" in one}
        self._header()
        for panel in shown:
            self._panel(panel, HEAD + (panel["gridPos"]["y"] - top) * CELL)
        return self.figure

    def _panels(self) -> list[Json]:
        found, row = [], ""
        for panel in self.dashboard["panels"]:
            row = panel["title"] if panel["type"] == "row" else row
            if not self.titles or row in self.titles:
                found.append(panel)
        return found

    def _times(self, query: str) -> list[float]:
        found = self.source.over_time(query, min(MARKER_STEP_S, self.source.span.scrape))
        return [time for one in found for time in regions(one.values)]

    def _text(self, x: float, y: float, text: str, **how: Any) -> None:
        how = {"color": self.theme.text, "va": "top"} | how
        self.figure.text(x / PIXELS, 1 - y / self.height, text, **how)

    def _header(self) -> None:
        span = self.source.span
        start, end = (datetime.fromtimestamp(time, UTC) for time in (span.start, span.end))
        chosen = "   ".join(f"{name}: {value}" for name, value in self.source.variables.items())
        self._text(GAP, 10, self.dashboard["title"], fontsize=15, weight="bold")
        self._text(110, 14, chosen, fontsize=10)
        self._text(PIXELS - GAP, 14, f"{start:%Y-%m-%d %H:%M} to {end:%H:%M} UTC", fontsize=10, ha="right")
        self._text(PIXELS - GAP, 46, NOT_GRAFANA, fontsize=9, ha="right", color=self.theme.dim)
        handles = [Line2D([], [], color=color(hue), linestyle=":", linewidth=2) for hue, _ in self.markers.values()]
        self._legend(handles, list(self.markers), (GAP, 64), PIXELS, 9)

    def _legend(
        self, handles: list[Line2D], names: list[str], at: tuple[float, float], width: float, size: int
    ) -> None:
        columns = int(width / (34 + 0.62 * size * max(len(name) for name in names)))
        self.figure.legend(
            handles, names, loc="lower left", bbox_to_anchor=(at[0] / PIXELS, 1 - at[1] / self.height),
            ncols=max(1, columns), fontsize=size, frameon=False, labelcolor=self.theme.text, borderaxespad=0,
            handlelength=1.4, columnspacing=1.2, borderpad=0.2,
        )  # fmt: skip

    def _panel(self, panel: Json, y: float) -> None:
        place = panel["gridPos"]
        x, w, h = place["x"] * PIXELS / WIDTH, place["w"] * PIXELS / WIDTH, place["h"] * CELL
        title = self.source.filled(panel["title"], 1)
        if panel["type"] == "row":
            self._text(GAP, y + 10, f"⌄  {title}", fontsize=12, weight="bold")
            return
        box = (x + GAP / 2, y + GAP / 2, w - GAP, h - GAP)
        self.figure.add_artist(
            Rectangle(
                (box[0] / PIXELS, 1 - (box[1] + box[3]) / self.height), box[2] / PIXELS, box[3] / self.height,
                facecolor=self.theme.panel, edgecolor=self.theme.border, transform=self.figure.transFigure, zorder=-1,
            )
        )  # fmt: skip
        self._text(box[0] + 8, box[1] + 6, title, fontsize=10, weight="bold")
        self._content(panel, box, self.source.span.step(w))

    def _axes(self, box: tuple[float, ...], left: float, above: float, right: float, under: float) -> Any:
        x, y, w, h = box
        inner = (x + left, y + above, w - left - right, h - above - under)
        at = (inner[0] / PIXELS, 1 - (inner[1] + inner[3]) / self.height, inner[2] / PIXELS, inner[3] / self.height)
        axes = self.figure.add_axes(at, facecolor=self.theme.panel)
        axes.spines[:].set_visible(False)
        return axes

    def _content(self, panel: Json, box: tuple[float, ...], step: float) -> None:
        type_ = panel["type"]
        above = 32 if type_ == "stat" else 30 + self._describe(panel, box)
        found: list[Any] = rows(panel, self.source, step) if type_ == "table" else fields(panel, self.source, step)
        if not found:
            self._nothing(panel, box)
        elif type_ == "stat":
            values.stat(self._axes(box, 8, above, 8, 8), found)
        elif type_ == "bargauge":
            values.bars(self._axes(box, 110, above, 10, 10), found, self.theme)
        elif type_ == "table":
            values.table(self._axes(box, 10, above + 4, 10, 8), panel, found, self.theme)
        else:
            self._over_time(panel, box, above, found, step)

    def _over_time(self, panel: Json, box: tuple[float, ...], above: float, found: list[Field], step: float) -> None:
        span = self.source.span
        markers = {name: m for name, m in self.markers.items() if panel["id"] in self.marked.get(name, [panel["id"]])}
        if panel["type"] == "state-timeline":
            left = 16 + 6.5 * max(len(one.name) for one in found)
            axes = self._axes(box, left, above, 14, 24)
            charts.over_time(axes, span, markers, self.theme)
            charts.timeline(axes, found, span, step, self.theme)
            return
        axes = self._axes(box, 62, above, 62 if self._has_right_axis(found) else 18, 52)
        charts.over_time(axes, span, markers, self.theme)
        charts.lines(axes, panel, found, step, self.theme)
        named = [one for one in found if not one.config["custom"].get("hideFrom", {}).get("legend")]
        handles = [Line2D([], [], color=one.color, linewidth=3) for one in named]
        under = (box[0] + 10, box[1] + box[3] - 4)
        self._legend(handles, [one.name for one in named], under, box[2] - 10, charts.SMALL)

    @staticmethod
    def _has_right_axis(found: list[Field]) -> bool:
        return any(one.config["custom"].get("axisPlacement") == "right" for one in found)

    def _describe(self, panel: Json, box: tuple[float, ...]) -> float:
        text = textwrap.wrap(panel["description"], int(box[2] / 6.4))
        self._text(box[0] + 8, box[1] + 26, "\n".join(text), fontsize=8, color=self.theme.dim)
        return 14 * len(text)

    def _nothing(self, panel: Json, box: tuple[float, ...]) -> None:
        says = panel["fieldConfig"]["defaults"].get("noValue")
        self.empty[panel["title"]] = says
        middle = (box[0] + box[2] / 2, box[1] + box[3] / 2 + 14)
        text = "\n".join(textwrap.wrap(says or "No data", int(box[2] / 8)))
        self._text(*middle, text, ha="center", va="center", fontsize=10, color=self.theme.dim)
