"""The table of the benchmark of tasks: made from records, between its markers."""

import pytest

from benchmarks.bench_tasks import MADE_BY, render_page
from benchmarks.pages import END, Record, begin
from benchmarks.tasks import find_scenario, scenario_names

BEGIN = begin(MADE_BY)
RECORD: Record = {
    "task": "image-classification",
    "before": 0.9123,
    "drifted": 0.25,
    "retrained": 0.9,
    "seconds": {"train": 9.0, "retrain": 12.4, "judge": 3.0},
}


def test_the_table_has_a_row_for_each_record_and_the_rest_stays() -> None:
    page = render_page(f"# Title\n{BEGIN}\nold\n{END}\nnotes\n", {"image-classification": RECORD})
    before, table, after = page.partition(BEGIN)[0], page.partition(BEGIN)[2].partition(END)[0], page.partition(END)[2]
    assert (before, after) == ("# Title\n", "\nnotes\n")
    header, _, row = table.strip().splitlines()
    assert "old" not in table and header.count("|") == row.count("|")
    assert row.startswith("| `image-classification` |") and row.endswith("| accuracy | 0.912 | 0.250 | 0.900 | 12 |")
    assert render_page(page, {"image-classification": RECORD}) == page


def test_other_metrics_have_rows_of_their_own() -> None:
    record = RECORD | {"also": {"loss": [0.1, 2, 0.25]}}
    table = render_page(f"{BEGIN}\n{END}", {"image-classification": record}).splitlines()
    assert table[-2] == "| | | | | loss | 0.100 | 2.000 | 0.250 | |" and table[-2].count("|") == table[-3].count("|")


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_is_named_as_its_file_and_maps_what_it_needs(name: str) -> None:
    scenario = find_scenario(name)
    assert scenario.task == name and scenario.columns and scenario.metric
