from pathlib import Path

import pytest

from demo import picture
from demo.screen import sparkline
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


def test_a_story_without_a_rollout_can_be_drawn_too() -> None:
    story = stories.story(attempt=stories.attempt(started=None, trained=None, rolled_out=None))
    assert "seconds since the traffic changed" in picture.draw(story)


def test_a_sparkline_shows_low_and_high() -> None:
    assert sparkline([0.5, 0.6, 0.8, 1.0], 0.6, 1.0) == "▁▁▅█"
