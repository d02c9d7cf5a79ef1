"""The tables of the benchmark of methods: made from measurements."""

from benchmarks.bench_train import (
    changes_table,
    forgetting_table,
    labels_table,
    profile_table,
    render_page,
    speed_table,
)
from benchmarks.pages import Record
from benchmarks.train import CHANGES
from benchmarks.train.profile_parts import PYTHON, REST, part_of


def speed(name: str, seed: int, *points: tuple[float, float]) -> Record:
    return {"bench": "speed", "name": name, "seed": seed, "points": [list(point) for point in points]}


def test_speed_is_the_median_time_to_the_goal_against_the_first() -> None:
    slow = [speed("slow", seed, (10.0, 0.8), (20.0 + seed, 0.87)) for seed in (1, 2, 3)]
    fast = [speed("fast", seed, (2.0, 0.86)) for seed in (1, 2, 3)]
    _, _, first, second = speed_table([*slow, *fast]).splitlines()
    assert first == "| slow | 22.0 | 21.0, 22.0, 23.0 | 1.0 | -, -, - | 0.870, 0.870, 0.870 |"
    assert second == "| fast | 2.0 | 2.0, 2.0, 2.0 | 11.0 | -, -, - | 0.860, 0.860, 0.860 |"


def test_what_never_reaches_the_goal_says_so() -> None:
    """Two of three would make a median of the lucky ones."""
    found = [speed("head", 1, (1.0, 0.86)), speed("head", 2, (1.0, 0.85))]
    assert speed_table(found).splitlines()[-1] == "| head | - | 1.0, never | - | -, - | 0.860, 0.850 |"


def test_the_same_rows_are_timed_where_the_training_got_so_far() -> None:
    points = [(float(number), 0.5) for number in range(1, 6)]
    found = [speed("one", 1, *points, (5.1, 0.9)), speed("one", 2, *points[:4], (4.1, 0.9))]
    assert " | 5.0, - | " in speed_table(found).splitlines()[-1]


def test_a_profile_is_the_median_of_each_part_on_both_sides() -> None:
    told = {"bench": "profile", "steps": 10, "tokens": 900, "padding": 0.1}
    theirs = [{"aten::_fused_adamw_": ms, "Optimizer.step#AdamW.step": 1.0, PYTHON: 5.0} for ms in (20.0, 30.0, 90.0)]
    found = [told | {"name": "theirs", "operators": one} for one in theirs]
    lines = profile_table([*found, told | {"name": "ours", "operators": {"aten::_fused_adamw_": 4.0}}]).splitlines()
    assert lines[0] == "| milliseconds of a step | theirs | ours |"
    assert "| AdamW | 31.0 | 4.0 |" in lines and "| Python | 5.0 | 0.0 |" in lines
    assert lines[-2:] == ["| **all of it** | **36** | **4** |", "| tokens, of which padding | 900, 10% | 900, 10% |"]


def test_a_change_is_compared_with_its_own_turn() -> None:
    seconds = {CHANGES[0]: (12.0, 30.0, 12.0), CHANGES[1]: (10.0, 20.0, 10.0), CHANGES[4]: (8.0, 10.0, 8.0)}
    found = [{"bench": "changes", "name": name, "seconds": one} for name, own in seconds.items() for one in own]
    assert changes_table(found).splitlines()[2:] == [
        f"| {CHANGES[0]} | 12.0 (12.0, 30.0, 12.0) | 0.83 (0.83, 0.67, 0.83) |",
        f"| {CHANGES[1]} | 10.0 (10.0, 20.0, 10.0) | 1.00 (1.00, 1.00, 1.00) |",
        f"| {CHANGES[4]} | 8.0 (8.0, 10.0, 8.0) | 1.25 (1.25, 2.00, 1.25) |",
    ]


def test_an_operator_is_of_the_first_part_that_knows_it() -> None:
    assert part_of("aten::_fused_adamw_") == "AdamW"
    assert part_of("aten::embedding_dense_backward") == "word, place and type embeddings"
    assert part_of("aten::addmm") == "products of matrices"
    assert part_of("aten::tanh") == REST


def test_forgetting_tells_where_it_began() -> None:
    start = {"bench": "start", "movies": 0.85, "tweets": 0.7}
    run = {"bench": "forgetting", "name": "full", "domain": "tweets", "seconds": 9.6, "old": 0.8, "new": 0.95}
    assert forgetting_table([start, run]).splitlines()[2:] == [
        "| tweets | before | 0.850 | 0.700 | - |",
        "| tweets | full | 0.800 | 0.950 | 10 |",
    ]


def test_labels_are_compared_share_by_share() -> None:
    told = {"bench": "labels", "share": 0.05, "labels": 100}
    without = [told | {"name": "without", "accuracy": value, "pseudo_share": None} for value in (0.7, 0.8, 0.9)]
    beside = [told | {"name": "with", "accuracy": value, "pseudo_share": 0.5} for value in (0.8, 0.85, 0.9)]
    assert labels_table([*without, *beside]).splitlines()[-1] == (
        "| 100 (5.0%) | 0.800 (0.700, 0.800, 0.900) | 0.850 (0.800, 0.850, 0.900) | 50% |"
    )


def test_a_page_made_twice_is_the_same() -> None:
    page = render_page("a", [speed("slow", 1, (1.0, 0.9))])
    assert render_page(page, [speed("slow", 1, (1.0, 0.9))]) == page
