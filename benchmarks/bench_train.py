"""`python -m benchmarks.bench_train [BENCH…]`: how the methods learn, measured in the trainer image; and its tables.

Measurements go into docs/benchmarks/train.jsonl, all of a benchmark together; docs/benchmarks/train.md is made of them.
`--check` only reports whether the page matches them.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from statistics import median

from benchmarks import pages
from benchmarks.in_image import ANSWERS, run_in_image
from benchmarks.pages import FOLDER, Record, check, put, read_lines, write_lines
from benchmarks.train import CHANGES, EVERY_ROWS, GOAL, TIMED_STEPS
from benchmarks.train.profile_parts import ORDER, parts_of
from demo.data import ensure_data

RECORDS, PAGE = FOLDER / "train.jsonl", FOLDER / "train.md"


SAME_ROWS = 5 * EVERY_ROWS
"""How many rows every way is timed for, whatever it learns from them."""


def play(names: Sequence[str]) -> list[Record]:
    """Measure in the trainer image; return the lines."""
    output = run_in_image("benchmarks.train", "/data", ANSWERS, *names, mounts={"/data": ensure_data()})
    return [json.loads(line) for line in output.splitlines()]


def seconds_to_goal(record: Record) -> float | None:
    """Return the seconds of training until the goal; None where it wasn't reached."""
    return next((seconds for seconds, accuracy in record["points"] if accuracy >= GOAL), None)


def seconds_to_rows(record: Record, rows: int = SAME_ROWS) -> float | None:
    """Return the seconds that so many rows took; None where the training ended before."""
    measured = record["points"][:-1]  # the last one is taken when the training is over
    place = rows // EVERY_ROWS - 1
    return float(measured[place][0]) if place < len(measured) else None


def speed_table(records: Sequence[Record]) -> str:
    """Return the contestants' seconds to the goal, the first one's as the measure."""
    same_rows = f"seconds to {SAME_ROWS} rows"
    rows = [
        f"| way | seconds to {GOAL:.0%} | by seed | times as fast | {same_rows} | best accuracy by seed |",
        "|---|---|---|---|---|---|",
    ]
    base: float | None = None
    for name, found in _grouped(records, "name").items():
        times = [seconds_to_goal(record) for record in found]
        reached = [seconds for seconds in times if seconds is not None]
        middle = median(reached) if len(reached) == len(times) else None
        base = middle if base is None else base
        factor = f"{base / middle:.1f}" if base and middle else "-"
        best = ", ".join(f"{max(accuracy for _, accuracy in record['points']):.3f}" for record in found)
        by_seed = ", ".join("never" if seconds is None else f"{seconds:.1f}" for seconds in times)
        same = ", ".join("-" if (took := seconds_to_rows(one)) is None else f"{took:.1f}" for one in found)
        rows.append(
            f"| {name} | {'-' if middle is None else f'{middle:.1f}'} | {by_seed} | {factor} | {same} | {best} |"
        )
    return "\n".join(rows)


def profile_table(records: Sequence[Record]) -> str:
    """Return the milliseconds of a step by part, both sides beside each other: medians over the seeds."""
    sides = _grouped(records, "name")
    parts = {name: [parts_of(record["operators"]) for record in own] for name, own in sides.items()}
    rows = [[part, *(f"{median(one[part] for one in own):.1f}" for own in parts.values())] for part in ORDER]
    rows.append(["**all of it**", *(f"**{median(sum(one.values()) for one in own):.0f}**" for own in parts.values())])
    tokens = [(median(r["tokens"] for r in own), median(r["padding"] for r in own)) for own in sides.values()]
    rows.append(["tokens, of which padding", *(f"{number:.0f}, {padding:.0%}" for number, padding in tokens)])
    return pages.table(["milliseconds of a step", *sides], rows)


def changes_table(records: Sequence[Record]) -> str:
    """Return the seconds of the same rows each way, and how many times as fast that is as before: by seed, in turn."""
    by_name = {name: [record["seconds"] for record in own] for name, own in _grouped(records, "name").items()}
    before = by_name[CHANGES[1]]
    rows = []
    for name, seconds in by_name.items():
        ratios = [one / other for one, other in zip(before, seconds, strict=True)]
        rows.append([name, _middle_and_all(seconds, ".1f"), _middle_and_all(ratios, ".2f")])
    return pages.table(["way", f"seconds of {TIMED_STEPS} steps", "times as fast as `full` was"], rows)


def forgetting_table(records: Sequence[Record]) -> str:
    """Return what each way leaves of the old domain, and gains in the new one: medians over the seeds."""
    start = next((record for record in records if record["bench"] == "start"), None)
    rows = ["| learnt | way | films (old) | the new domain | seconds |", "|---|---|---|---|---|"]
    for domain, found in _grouped(records, "domain").items():
        if start:
            rows.append(f"| {domain} | before | {start['movies']:.3f} | {start[domain]:.3f} | - |")
        for name, runs in _grouped(found, "name").items():
            old, new, seconds = (median(run[key] for run in runs) for key in ("old", "new", "seconds"))
            rows.append(f"| {domain} | {name} | {old:.3f} | {new:.3f} | {seconds:.0f} |")
    return "\n".join(rows)


def labels_table(records: Sequence[Record]) -> str:
    """Return accuracy by the share of rows with a label: medians over the seeds, and all of them."""
    rows = ["| rows with a label | those alone | with the others beside them | pseudo-labelled |", "|---|---|---|---|"]
    for share, found in _grouped(records, "share").items():
        by_name = _grouped(found, "name")
        cells = [_middle_and_all([run["accuracy"] for run in by_name[name]]) for name in ("without", "with")]
        taken = median(run["pseudo_share"] for run in by_name["with"])
        rows.append(f"| {found[0]['labels']} ({share:.1%}) | {' | '.join(cells)} | {taken:.0%} |")
    return "\n".join(rows)


def questions_table(records: Sequence[Record]) -> str:
    """Return how well one model and two answer both questions: medians over the seeds, and all of them."""
    rows = ["| | sentiment | source | seconds |", "|---|---|---|---|"]
    for name, runs in _grouped(records, "name").items():
        cells = [_middle_and_all([run[question] for run in runs]) for question in ("sentiment", "source")]
        rows.append(f"| {name} | {' | '.join(cells)} | {median(run['seconds'] for run in runs):.0f} |")
    return "\n".join(rows)


def start_up_table(records: Sequence[Record]) -> str:
    """Return the seconds that a process takes: medians, and all of them."""
    rows = ["| | imports | all of `refit-train` |", "|---|---|---|"]
    for name, runs in _grouped(records, "name").items():
        cells = [_middle_and_all([run[part] for run in runs], ".1f") for part in ("imports", "command")]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


TABLES = {
    "speed": speed_table,
    "profile": profile_table,
    "changes": changes_table,
    "forgetting": forgetting_table,
    "labels": labels_table,
    "questions": questions_table,
    "start-up": start_up_table,
}


def render_page(page: str, records: Sequence[Record]) -> str:
    """Return the page with its tables generated again; what wasn't measured has none."""
    by_bench = _grouped(records, "bench")
    for name, table in TABLES.items():
        own = by_bench.get(name)
        page = put(page, made_by(name), table([*by_bench.get("start", ()), *own]) if own else "Not measured yet.")
    return page


def made_by(name: str) -> str:
    """Return the command that makes a table."""
    return f"python -m benchmarks.bench_train {name}"


def _grouped(records: Sequence[Record], key: str) -> dict[str, list[Record]]:
    """Return the records by what they say of something; those that say nothing of it are left out."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        if key in record:
            groups.setdefault(record[key], []).append(record)
    return groups


def _middle_and_all(values: Sequence[float], digits: str = ".3f") -> str:
    return f"{median(values):{digits}} ({', '.join(f'{value:{digits}}' for value in values)})"


def main() -> None:
    """Measure what is named, everything by default, and make the page; or only check it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_train", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="BENCH", help=f"default: {', '.join(TABLES)}")
    parser.add_argument("--check", action="store_true", help="fail where the page isn't what the records say")
    arguments = parser.parse_args()
    if arguments.check:
        sys.exit(check(PAGE, lambda page: render_page(page, read_lines(RECORDS))))
    names = arguments.names or list(TABLES)
    kept = [record for record in read_lines(RECORDS) if record["bench"] not in (*names, "start")]
    write_lines(RECORDS, sorted([*kept, *play(names)], key=lambda record: str(record["bench"])))
    PAGE.write_text(render_page(PAGE.read_text(), read_lines(RECORDS)))


if __name__ == "__main__":
    main()
