"""The tables of the benchmark of methods: made from measurements."""

from benchmarks.bench_train import forgetting_table, labels_table, render_page, speed_table
from benchmarks.pages import Record


def speed(name: str, seed: int, *points: tuple[float, float]) -> Record:
    return {"bench": "speed", "name": name, "seed": seed, "points": [list(point) for point in points]}


def test_speed_is_the_median_time_to_the_goal_against_the_first() -> None:
    slow = [speed("slow", seed, (10.0, 0.8), (20.0 + seed, 0.87)) for seed in (1, 2, 3)]
    fast = [speed("fast", seed, (2.0, 0.86)) for seed in (1, 2, 3)]
    _, _, first, second = speed_table([*slow, *fast]).splitlines()
    assert first == "| slow | 22.0 | 21.0, 22.0, 23.0 | 1.0 | 0.870, 0.870, 0.870 |"
    assert second == "| fast | 2.0 | 2.0, 2.0, 2.0 | 11.0 | 0.860, 0.860, 0.860 |"


def test_what_never_reaches_the_goal_says_so() -> None:
    """Two of three would make a median of the lucky ones."""
    found = [speed("head", 1, (1.0, 0.86)), speed("head", 2, (1.0, 0.85))]
    assert speed_table(found).splitlines()[-1] == "| head | - | 1.0, never | - | 0.860, 0.850 |"


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
