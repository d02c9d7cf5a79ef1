"""Colours and units as Grafana has them, near enough to judge a dashboard by."""

from collections.abc import Mapping
from dataclasses import dataclass

HUES: Mapping[str, tuple[str, str, str, str, str]] = {
    "green": ("#C8F2C2", "#96D98D", "#73BF69", "#56A64B", "#37872D"),
    "red": ("#FFA6B0", "#FF7383", "#F2495C", "#E02F44", "#C4162A"),
    "orange": ("#FFCB7D", "#FFB357", "#FF9830", "#FF780A", "#FA6400"),
    "yellow": ("#FFF899", "#FFEE52", "#FADE2A", "#F2CC0C", "#E0B400"),
    "blue": ("#C0D8FF", "#8AB8FF", "#5794F2", "#3274D9", "#1F60C4"),
    "purple": ("#DEB6F2", "#CA95E5", "#B877D9", "#A352CC", "#8F3BB8"),
}
SHADES = ("super-light", "light", "", "semi-dark", "dark")
PALETTE = ("green", "semi-dark-yellow", "light-blue", "semi-dark-orange", "red", "blue", "purple")
"""Of series that have no colour of their own, in their order."""
SECONDS = ((86400 * 7, "weeks"), (86400, "days"), (3600, "hours"), (60, "mins"), (1, "s"), (1e-3, "ms"), (1e-6, "µs"))
COUNTS = ((1e9, " Bil"), (1e6, " Mil"), (1e3, " K"))
BYTES = ((2**30, " GiB"), (2**20, " MiB"), (2**10, " KiB"))


@dataclass(frozen=True)
class Theme:
    """What isn't in the dashboard, because it is the reader's choice."""

    page: str
    panel: str
    border: str
    text: str
    dim: str
    grid: str


THEMES = {
    "light": Theme("#F4F5F5", "#FFFFFF", "#E4E5E6", "#24292E", "#6E7580", "#E9EAEC"),
    "dark": Theme("#111217", "#181B1F", "#24272C", "#CCCCDC", "#8E8E9C", "#2A2D33"),
}


def color(name: str) -> str:
    """Return a colour as hexadecimal by its name in Grafana; other colours are what they say."""
    shade, _, hue = name.rpartition("-")
    return HUES[hue][SHADES.index(shade)] if hue in HUES else name


def shown(value: float, unit: str, decimals: int | None = None) -> str:
    """Return a value in its unit."""
    if value != value:
        return "NaN"
    match unit:
        case "s":
            return _scaled(value, tuple((size, f" {name}") for size, name in SECONDS), decimals) if value else "0 s"
        case "bytes":
            return _scaled(value, BYTES, decimals)
        case "ops":
            return f"{_number(value, decimals)} ops/s"
        case "sci":
            return f"{value:.0e}"
        case "short":
            return _scaled(value, COUNTS, decimals)
    return _number(value, decimals)


def _scaled(value: float, sizes: tuple[tuple[float, str], ...], decimals: int | None) -> str:
    size, suffix = next(((size, suffix) for size, suffix in sizes if abs(value) >= size), (1, ""))
    return _number(value / size, decimals) + suffix


def _number(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.3g}"
