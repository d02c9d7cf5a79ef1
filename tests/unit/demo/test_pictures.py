import math
from pathlib import Path

import pytest

from demo import picture
from demo.prometheus import Sample
from demo.screen import shown_evidence, sparkline
from demo.story import Evidence
from tests.support import stories


def test_the_picture_is_written(tmp_path: Path) -> None:
    picture.save(stories.story(), tmp_path / "out" / "demo.png")
    assert (tmp_path / "out" / "demo.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("share", "lines"),
    [
        (0.7, ["tweets never seen before"]),
        (0.12, ["tweets never", "seen before"]),
        (0.01, ["tweets", "never", "seen", "before"]),
    ],
)
def test_a_narrow_phase_keeps_its_title_within(share: float, lines: list[str]) -> None:
    assert picture.wrapped("tweets never seen before", share).splitlines() == lines


def test_evidence_that_begins_anew_isnt_connected_with_what_was_before() -> None:
    curve = [Sample(stories.at(second), value) for second, value in ((0, 1.0), (2, 9.0), (20, 0.5))]
    times, values = picture.connected(curve, picture.since_drift(stories.story()))
    assert times == [0, 2, 2, 20]
    assert values[:2] == [1, 9] and math.isnan(values[2]) and values[3] == 0.5


def test_a_story_without_evidence_can_be_drawn_too(tmp_path: Path) -> None:
    picture.save(stories.story(evidence=Evidence("", (), None)), tmp_path / "demo.png")
    assert (tmp_path / "demo.png").exists()


@pytest.mark.parametrize(("statistic", "text"), [(None, "-"), (0.3, "0"), (8640.4, "8,640"), (3.2e17, "3e+17")])
def test_evidence_in_a_few_letters(statistic: float | None, text: str) -> None:
    assert shown_evidence(statistic) == text


def test_a_story_without_a_rollout_can_be_drawn_too() -> None:
    story = stories.story(attempt=stories.attempt(started=None, trained=None, rolled_out=None))
    assert "seconds since the traffic changed" in picture.draw(story)


def test_a_sparkline_shows_low_and_high() -> None:
    assert sparkline([0.5, 0.6, 0.8, 1.0], 0.6, 1.0) == "▁▁▅█"
