"""timeline: what is drawn of readings and runs, as text and as a page."""

import xml.etree.ElementTree as xml

import pytest

from refit_cli.chart import HEIGHT, Chart, draw, long_enough, marks_of, to_html, to_svg, within
from refit_operator.prometheus.rules.window import Window
from tests.support.monitors import BAD, GOOD, finished, promoted, readings
from tests.support.samples import make_monitor

METRIC = make_monitor().spec.metric


def chart(found: Window, *runs: object) -> Chart:
    return Chart(METRIC, found, marks_of(runs))  # type: ignore[arg-type]


def test_values_are_drawn_at_their_time_and_height() -> None:
    lines = draw(chart(readings(GOOD, GOOD, BAD, BAD)), 40).plain.splitlines()
    assert len(lines) == HEIGHT + 3
    high, low = (next(line for line in lines if line.split()[:1] == [label]) for label in ("0.9", "0.8"))
    assert [high[8:].index("•"), high[8:].rindex("•")] == [0, 13]
    assert [low[8:].index("•"), low[8:].rindex("•")] == [26, 39]
    assert any(line.strip().startswith("0.85") and "┈" in line for line in lines)
    assert lines[-2].split() == ["11-24", "11:30", "11-24", "12:00"]
    assert lines[-1].endswith("threshold 0.85, a breach is below it")


def test_it_begins_with_the_first_value_or_run_though_more_was_asked_for() -> None:
    early = chart(readings(*[None] * 20, GOOD, BAD))
    assert early.span == (early.readings[20].time, early.readings[21].time)
    run = finished(15)
    began = run.metadata.creation_timestamp
    assert chart(readings(*[None] * 20, GOOD, BAD), run).span[0] == began
    assert chart(readings(None, None), run).span == tuple(reading.time for reading in readings(None, None))


def test_runs_are_marked_where_they_started_rolled_out_and_ended() -> None:
    drawn = chart(readings(*[GOOD] * 24), promoted("file:///models/a@x"), finished(5, ordinal=2))
    words = [mark.words.partition(" ")[2] for mark in within(drawn.marks, drawn)]
    assert words == [
        "rolled out",
        "ended: Promoted",
        "started: MetricBreached",
        "started: MetricBreached",
        "ended: Rejected",
    ]
    signs = draw(drawn, 60).plain.splitlines()[HEIGHT]
    assert "▲" in signs and "●" in signs


def test_the_page_is_whole_and_its_line_is_broken_where_readings_are_missing() -> None:
    drawn = chart(readings(GOOD, GOOD, None, BAD, BAD), finished(20))
    svg = xml.fromstring(to_svg(drawn))
    assert len([each for each in svg if each.tag == "polyline"]) == 2
    page = to_html(drawn, "shop/<reviews>")
    assert "shop/&lt;reviews&gt;: accuracy" in page and "ended: Rejected" in page and "http" not in page


@pytest.mark.parametrize("values", [(GOOD, GOOD), (None, None)])
def test_what_does_not_vary_is_drawn_too(values: tuple[float | None, ...]) -> None:
    assert draw(chart(readings(*values)), 40).plain
    assert xml.fromstring(to_svg(chart(readings(*values)))) is not None


def test_one_reading_is_nothing_to_draw() -> None:
    assert not long_enough(readings(GOOD))
    assert long_enough(readings(GOOD, GOOD))
