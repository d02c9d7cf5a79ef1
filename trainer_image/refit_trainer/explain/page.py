"""The facts as one self-contained HTML file: no script, no font, no external image."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from refit_trainer.explain.by_question import Curve
from refit_trainer.explain.drift import Change
from refit_trainer.explain.facts import Facts, Wrong
from refit_trainer.explain.measures import Part

NAMED = {"candidate": "this checkpoint", "served": "served before"}
METHODS = ("integrated gradients", "LIME", "KernelSHAP")
MINUS = "\N{MINUS SIGN}"
FIRST = 4  # words of an error by method


def render(facts: Facts) -> str:
    """Return the page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    low, high = _range(facts.parts)
    page: str = environment.get_template("page.html.j2").render(
        facts=facts,
        named=NAMED,
        methods=METHODS,
        others=_others(facts),
        verdict=_verdict(facts),
        at=lambda value: round((value - low) / (high - low) * 100, 2),
        gain_class=lambda part: _gain_class(part, facts.higher_is_better),
        biggest=lambda changes: max((max(c.older, c.newer) for c in changes), default=1) or 1,
        biggest_z=max((abs(change.z) for change in facts.words), default=1),
        first_words=_first_words,
        calibration_svg=_calibration_svg,
        lengths_svg=lambda: _lengths_svg(facts.lengths),
        origin=_origin(facts),
    )
    return page


def _range(parts: Sequence[Part]) -> tuple[float, float]:
    """Return the axis: the values with some room, and never narrower than a tenth."""
    values = [value for part in parts for value in (part.candidate, part.served) if value is not None]
    low, high = min(values), max(values)
    room = max(0.03, (high - low) * 0.1)
    return max(min(0.0, low), min(low - room, high - 0.1)), high + room


def _others(facts: Facts) -> list[tuple[str, list[float]]]:
    """Return the metrics beside the gate's, each with the candidate's value and the served model's."""
    return [
        (name, [model.metrics[name] for model in facts.models])
        for name in facts.models[0].metrics
        if name != facts.metric
    ]


def _verdict(facts: Facts) -> tuple[str, str]:
    """Return the class and the word of the difference to the served model."""
    part, bounds = facts.parts[0], facts.difference
    if bounds and part.candidate != part.served and bounds.low <= 0 <= bounds.high:
        return "", "may be chance"
    found = _gain_class(part, facts.higher_is_better)
    return found, {"up": "better", "down": "worse", "": "no difference"}[found]


def _gain_class(part: Part, higher_is_better: bool) -> str:
    if part.served is None or part.candidate == part.served:
        return ""
    return "up" if (part.candidate > part.served) is higher_is_better else "down"


def _first_words(wrong: Wrong, method: int) -> str:
    """Return the words that a method gives most, in its order, each with a sign."""
    order = sorted(wrong.words, key=lambda word: -abs(word.weights[method]))[:FIRST]
    signs = ["+" if word.weights[method] > 0 else MINUS for word in order]
    return " · ".join(f"{sign} {word.text}" for sign, word in zip(signs, order, strict=True))


def _calibration_svg(curves: Sequence[Curve]) -> Markup:
    """Draw each model's curve of score against the share that was right."""
    shapes = [
        '<svg viewBox="0 0 320 300" role="img" aria-label="share that was right by score">',
        '<line x1="40" y1="260" x2="300" y2="20" stroke="var(--line)" stroke-width="2"/>',
        *(f'<text x="{40 + 260 * x - 6}" y="278">{x:g}</text>' for x in (0, 0.5, 1)),
        *(f'<text x="14" y="{264 - 240 * y}">{y:g}</text>' for y in (0, 0.5, 1)),
        '<text x="130" y="296">how sure it was</text><text x="40" y="12">share that was right</text>',
    ]
    for curve in reversed(curves):
        color = "rgb(var(--new))" if curve.name == "candidate" else "rgb(var(--old))"
        places = [(40 + 260 * found.score, 260 - 240 * found.right, found.rows) for found in curve.bins]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places)
        shapes.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>')
        largest = max((rows for *_, rows in places), default=1)
        shapes += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{3 + 7 * math.sqrt(rows / largest):.1f}" fill="{color}" '
            f'fill-opacity=".8"/>'
            for x, y, rows in places
        ]
    return Markup("".join([*shapes, "</svg>"]))


def _lengths_svg(changes: Sequence[Change]) -> Markup:
    """Draw both histograms of lengths, the newer one in front."""
    top = max((max(c.older, c.newer) for c in changes), default=1) or 1
    width = 300 / max(1, len(changes))
    shapes = ['<svg viewBox="0 0 320 180" role="img" aria-label="lengths of texts in both halves">']
    for number, change in enumerate(changes):
        for value, color, offset in ((change.older, "--old", 0.0), (change.newer, "--new", 0.42)):
            height, left = 140 * value / top, 10 + width * (number + offset)
            shapes.append(
                f'<rect x="{left:.1f}" y="{150 - height:.1f}" width="{width * 0.4:.1f}" height="{height:.1f}" rx="1.5" '
                f'fill="rgb(var({color}))"/>'
            )
        if number % 3 == 0:
            shapes.append(f'<text x="{10 + width * number:.1f}" y="168">{change.name}</text>')
    return Markup("".join([*shapes, "</svg>"]))


def _origin(facts: Facts) -> list[tuple[str, Any]]:
    """Return what the manifest says of where the weights come from."""
    manifest = facts.manifest
    base, data = manifest.get("base") or {}, (manifest.get("dataset") or {}).get("train") or {}
    settings = {name: value for name, value in (manifest.get("hyperparameters") or {}).items() if value is not None}
    entries = [
        ("digest", manifest.get("digest")),
        ("started from", base.get("uri")),
        ("trained on", _describe_rows(data) if data else None),
        ("method", settings.get("method")),
        ("settings", ", ".join(f"{name} {json.dumps(value)}" for name, value in settings.items() if name != "method")),
        ("made", manifest.get("created")),
    ]
    return [(name, value) for name, value in entries if value]


def _describe_rows(data: Mapping[str, Any]) -> str:
    """Return what was learnt from, by the manifest's facts about it."""
    parts = [f"{data['rows']} rows of {data['uri']}"]
    if data.get("distinct", data["rows"]) != data["rows"]:
        parts.append(f"{data['distinct']} distinct inputs")
    if data.get("contradicting"):
        parts.append(
            f"{data['contradicting']} of them with labels that contradict each other, of which the newest counts"
        )
    if data.get("unread"):
        parts.append(f"in the same folder not read: {data['unread']['count']}")
    return ", ".join(parts)
