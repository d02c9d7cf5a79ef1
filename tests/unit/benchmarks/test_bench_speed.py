"""docs/benchmarks/speed.md: what is made of records."""

from benchmarks.bench_speed import PART, render
from benchmarks.pages import read_lines


def test_the_page_is_what_its_records_say() -> None:
    assert PART.render_page(PART.page.read_text(), read_lines(PART.records)) == PART.page.read_text()


def test_pairs_are_compared_with_each_other() -> None:
    record = {"name": "one text", "before": [2.0, 9.0, 4.0], "after": [1.0, 3.0, 4.0], "cpus": 2}
    assert render([record]).splitlines()[-1] == "| one text | 4 | 3 | 2.00 | 2.00, 3.00, 1.00 | 2 |"
    assert render([]) == "Not measured yet."
