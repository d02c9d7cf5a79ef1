"""`python -m benchmarks.bench_tasks [NAME…]`: every task on real data that drifts, in the trainer image; and its table.

Records go into docs/benchmarks/tasks.jsonl, the newest for each task; docs/benchmarks/tasks.md is made from them.
`--check` only reports whether the page matches the records.
"""

import argparse
import json
import sys

from benchmarks.in_image import ANSWERS, run_in_image
from benchmarks.pages import FOLDER, Record, check, put, read_lines, write_lines
from benchmarks.tasks import Scenario, find_scenario, scenario_names
from localcluster.progress import step

RECORDS, PAGE = FOLDER / "tasks.jsonl", FOLDER / "tasks.md"
MADE_BY = "make bench-tasks"


def play(name: str) -> Record:
    """Fetch a scenario's materials and play it in the trainer image; return its record."""
    with step(f"task {name}"):
        mounts = {f"/materials/{material}": make() for material, make in find_scenario(name).materials.items()}
        record: Record = json.loads(run_in_image("benchmarks.play_task", name, ANSWERS, mounts=mounts))
    return record


def read_records() -> dict[str, Record]:
    """Return the records by task."""
    return {record["task"]: record for record in read_lines(RECORDS)}


def render_table(records: dict[str, Record]) -> str:
    """Return the table of all tasks that have a scenario and a record."""
    rows = [
        "| task | model | real data | drift | metric | before | after the drift | retrained | seconds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    scenarios = [find_scenario(name) for name in scenario_names()]
    for scenario in scenarios:
        if record := records.get(scenario.task):
            rows += [_row(scenario, record), *_other_rows(record)]
    return "\n".join(rows)


def _row(scenario: Scenario, record: Record) -> str:
    values = [f"{record[when]:.3f}" for when in ("before", "drifted", "retrained")]
    words = [f"`{scenario.task}`", scenario.model, scenario.data, scenario.drift, scenario.metric, *values]
    return f"| {' | '.join(words)} | {record['seconds']['retrain']:.0f} |"


def _other_rows(record: Record) -> list[str]:
    """Return a row for each other metric of a task."""
    return [
        f"| | | | | {name} | {' | '.join(f'{value:.3f}' for value in values)} | |"
        for name, values in record.get("also", {}).items()
    ]


def render_page(page: str, records: dict[str, Record]) -> str:
    """Return the page with the table generated again."""
    return put(page, MADE_BY, render_table(records))


def main() -> None:
    """Play what is named, all by default, and make the page; or only check it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_tasks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: {', '.join(scenario_names())}")
    parser.add_argument("--check", action="store_true", help="fail where the page isn't what the records say")
    arguments = parser.parse_args()
    if arguments.check:
        sys.exit(check(PAGE, lambda page: render_page(page, read_records())))
    for name in arguments.names or scenario_names():
        record = play(name)
        records = read_records() | {record["task"]: record}
        write_lines(RECORDS, [records[task] for task in sorted(records)])
        PAGE.write_text(render_page(PAGE.read_text(), read_records()))
        print(_row(find_scenario(name), record))


if __name__ == "__main__":
    main()
