"""What was played anew takes the place of what was known of the same fault."""

from pathlib import Path

from tests.faults.played import Played, keep, load, save
from tests.faults.proxy import Fault


def played(fault: str, led_to: str) -> Played:
    return Played("surroundings", fault, "Training", led_to, 1.0)


def test_lines_are_replaced_added_and_kept_in_order(tmp_path: Path) -> None:
    path = tmp_path / "surroundings.jsonl"
    save(path, [played("not in this loop", "a"), played("b", "b"), played("c", "c")])
    keep(path, [played("c", "anew"), played("a", "a")], [Fault(name, "Training") for name in "abc"])
    assert load(path) == [played("a", "a"), played("b", "b"), played("c", "anew"), played("not in this loop", "a")]


def test_what_was_played_is_kept_in_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    path = tmp_path / "out" / "surroundings.jsonl"
    keep(path, [played("a", "a")], [Fault("a", "Training")])
    assert load(path) == [played("a", "a")]
