"""What the picture of the dashboard is made of: units, intervals, variables, markers, spells of a state."""

import math

import pytest

from tests.monitoring.panels import Json
from tests.monitoring.picture.asking import Series, Source, Span
from tests.monitoring.picture.charts import spells
from tests.monitoring.picture.frames import Field, configured
from tests.monitoring.picture.looks import color, shown
from tests.monitoring.picture.page import regions

DAY = Span(0, 86400, scrape=15)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.8512, "short", "0.851"),
        (12_345, "short", "12.3 K"),
        (0, "s", "0 s"),
        (0.25, "s", "250 ms"),
        (90, "s", "1.5 mins"),
        (3 * 2**20, "bytes", "3 MiB"),
        (0.5, "ops", "0.5 ops/s"),
        (4, "none", "4"),
        (115_200, "sci", "1e+05"),
        (math.nan, "s", "NaN"),
    ],
)
def test_a_value_is_shown_in_its_unit(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_colours_have_grafanas_names_or_are_what_they_say() -> None:
    assert (color("green"), color("dark-red"), color("#8e8e8e")) == ("#73BF69", "#C4162A", "#8e8e8e")


def test_a_step_is_a_round_number_and_never_shorter_than_a_scrape() -> None:
    assert DAY.step(1600) == 60
    assert Span(0, 600, scrape=15).step(1600) == 15


def test_variables_and_intervals_are_filled_in_as_grafana_does() -> None:
    source = Source("", DAY, {"namespace": "shop"})
    query = 'rate(x{namespace="$namespace"}[$__rate_interval]) / increase(x[${__range}]) + $unknown'
    assert source.filled(query, 60) == 'rate(x{namespace="shop"}[75s]) / increase(x[86400s]) + $unknown'
    assert source.filled("[$__rate_interval]", 15) == "[60s]"


def test_markers_a_step_apart_or_less_are_one() -> None:
    assert regions([1_000_000, 1_000_000, 1_060_000, 1_200_000]) == [1000, 1200]


def field(*points: tuple[float, float]) -> Field:
    times, values = zip(*points, strict=True)
    return Field("state", Series({}, times, values), {}, "#000000")


def test_a_spell_ends_at_another_value_or_where_none_follows() -> None:
    assert spells(field((0, 1), (10, 1), (20, 2), (60, 2)), step=10) == [(1, 0, 20), (2, 20, 30), (2, 60, 70)]


def test_a_field_has_the_defaults_and_what_is_said_of_its_name() -> None:
    overrides = [
        {
            "matcher": {"id": "byName", "options": "oldest"},
            "properties": [{"id": "unit", "value": "s"}, {"id": "custom.lineWidth", "value": 2}],
        }
    ]
    panel: Json = {"fieldConfig": {"defaults": {"unit": "none", "custom": {"fillOpacity": 1}}, "overrides": overrides}}
    assert configured(panel, "oldest") == {"unit": "s", "custom": {"fillOpacity": 1, "lineWidth": 2}}
    assert configured(panel, "waiting") == {"unit": "none", "custom": {"fillOpacity": 1}}


def test_a_value_has_the_word_and_colour_of_its_mapping_or_of_its_step() -> None:
    mapped = Field(
        "s", Series({}, (0,), (2,)), {"mappings": [{"options": {"2": {"text": "Blind", "color": "orange"}}}]}, ""
    )
    assert mapped.text_and_color(2) == ("Blind", "#FF9830")
    steps = [{"color": "green", "value": None}, {"color": "red", "value": 1}]
    stepped = Field("n", Series({}, (0,), (1,)), {"color": {"mode": "thresholds"}, "thresholds": {"steps": steps}}, "")
    assert [stepped.text_and_color(value)[1] for value in (0, 1, 5)] == [color("green"), color("red"), color("red")]
