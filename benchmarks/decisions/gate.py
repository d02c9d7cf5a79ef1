"""Whether a candidate may serve: how often one that isn't better is accepted, and what is found of one that is."""

from benchmarks.charts import Axis, Line, chart
from benchmarks.decisions import Records, Section
from benchmarks.decisions.gate_chances import (
    ASKED,
    ASKED_ROWS,
    CANDIDATES,
    GAINS,
    GATES,
    HOLDOUTS,
    MOST_LOST,
    REPEATED,
    RISK,
    RULES,
    SHARES,
    SIZES,
    SLICE_ROWS,
    SLICES,
    error_of,
    measure,
)
from benchmarks.decisions.gates import risk_of
from benchmarks.decisions.tables import of
from benchmarks.pages import Record, table


def is_kept(record: Record) -> bool:
    """Return whether a promise is kept: summed chances exactly, simulated ones within two standard errors."""
    promised, found, times = _promise(record)
    return found <= promised + (2 * error_of(promised, times) if times else 0.0)


def _promise(record: Record) -> tuple[float, float, int]:
    """Return what is promised, what was found, and in how many trials, 0 where it was summed."""
    match record["part"]:
        case "size":
            return risk_of(1), record["accepted"], 0
        case "draws":
            return risk_of(1), record["accepted"], record["candidates"]
        case "slices" if record["kind"] != "bad":
            return RISK, record["holm"], record["candidates"]
        case "uses" if record["way"] == "counted":
            return RISK, record["passed"], record["holdouts"]
    return 1.0, 0.0, 0


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _size_table(records: Records) -> str:
    rows = []
    for name in RULES:
        for size in SIZES:
            cells = [_percent(each["accepted"]) for each in of(records, part="size", rule=name, rows=size)]
            rows.append([name, f"{size:,}", *cells])
    return table(["asked for", "rows", *(f"{100 * share:g} % answered differently" for share in SHARES)], rows)


def _power_table(records: Records, way: str, other: str | None = None) -> str:
    rows = []
    for size in HOLDOUTS:
        found = of(records, part="power", rows=size)
        rows.append([f"{size:,}", *(_percent(r[way]) + (f" ({_percent(r[other])})" if other else "") for r in found)])
    return table(["rows", *(f"{gain:+.2f}" if gain else "0" for gain in GAINS)], rows)


def _slices_table(records: Records) -> str:
    kinds = {"equal": "equally good", "limit": "each loses 0.02", "bad": "one loses 0.10"}
    ways = {"holm": "the operator (Holm)", "alone": "each by itself", "number": "by the numbers"}
    rows = []
    for kind, meaning in kinds.items():
        for way, name in ways.items():
            rows.append([meaning, name, *(_percent(each[way]) for each in of(records, part="slices", kind=kind))])
    return table(["slices", "refused by", *map(str, SLICES)], rows)


WAYS = {"counted": "counted (the operator)", "first": "each as if the first", "number": "by the numbers"}


def _uses_table(records: Records) -> str:
    rows = []
    for gain in (0.0, -0.01, -0.02):
        for way, name in WAYS.items():
            found = of(records, part="uses", gain=gain, way=way)
            rows.append([f"{-gain:g} worse" if gain else "equally good", name, *(_percent(r["passed"]) for r in found)])
    return table(["candidates", "gates", *map(str, GATES)], rows)


def _draws_table(records: Records) -> str:
    found = of(records, part="draws")
    return table(
        ["metric", "inputs", "accepted"],
        [[each["metric"], str(each["inputs"]), _percent(each["accepted"])] for each in found],
    )


def _slices_and_uses(records: Records) -> str:
    return f"""### Slices
Refused by `maxSliceDrop: {MOST_LOST}`, of {CANDIDATES} candidates each, slices of {SLICE_ROWS} rows. The first two
kinds don't lose more than that and may be refused in {_percent(RISK)}; the last one does, and ought to be. A slice of
{SLICE_ROWS} rows says little, and of many slices a drop has to be the clearer:

{_slices_table(records)}

### A hundred gates on one holdout
How often any of so many candidates passes that are tried one after another on the same {ASKED_ROWS} rows, of
{ASKED:,} holdouts. The risks that the operator counts add up to {_percent(RISK)} and no more:

{_uses_table(records)}

![Any passes by the number of gates](decisions/gate-uses.svg)
"""


def render(records: Records) -> str:
    """Return the section."""
    broken = [record for record in records if not is_kept(record)]
    held = f"Not kept: {broken}." if broken else "Every promise below is kept."
    needed = "; ".join(
        f"{r['gain']:g}: {r['rows']:,} rows, {_percent(r['accepted'])}" for r in of(records, part="needed")
    )
    return f"""## Whether a candidate may serve
The promise: of all gates on a holdout, candidates that aren't better pass in at most {_percent(RISK)}, of which the
first gate may use {_percent(risk_of(1))} ([how](../concepts/gate.md)). {held} The judge's bounds go through the
operator's verdict. Where rows are right or wrong the chances are summed over all answers, so that there is no error of
simulation; what is simulated may be over its promise by two standard errors.

Accepted of candidates that have exactly what they have to exceed, the hardest case:

{_size_table(records)}

By a metric that is no share of rows, where the bounds are the bootstrap's and approximate, of {REPEATED} equally good
candidates each:

{_draws_table(records)}

What passes by the true gain, where one row in ten is answered right by one model alone; in brackets by the two numbers
alone, as before there were bounds:

{_power_table(records, "better", "number")}

![Accepted by the true gain](decisions/gate-power.svg)

With `accept: NotWorse` and a `tolerance` of 0.02:

{_power_table(records, "not_worse")}

On as many rows as a refusal's message names, a candidate with that true gain passes:
{needed}.
The formula aims at 80 %; the bounds, being exact, are a little wider than what it assumes.

{_slices_and_uses(records)}"""


def pictures(records: Records) -> dict[str, str]:
    """Return the pictures of what passes: by the true gain, and by how often a holdout was asked."""
    return {"gate-power.svg": _power_picture(records), "gate-uses.svg": _uses_picture(records)}


def _power_picture(records: Records) -> str:
    lines = []
    for way, sizes_of_it in (("better", SIZES), ("number", (200,))):
        for size in sizes_of_it:
            points = [(each["gain"], 100 * each[way]) for each in of(records, part="power", rows=size)]
            lines.append(Line(f"{size:,} rows{', by the numbers' if way == 'number' else ''}", points))
    most = 100 * risk_of(1)
    lines.append(Line("promised up to 0", [(GAINS[0], most), (0.0, most)], dashed=True))
    x = Axis("true gain", GAINS[0], GAINS[-1], [-0.02, 0, 0.02, 0.05, 0.1])
    return chart("Candidates that pass", x, Axis("accepted, %", 0, 100, [0, 25, 50, 75, 100]), lines)


def _uses_picture(records: Records) -> str:
    lines = []
    for way, name in WAYS.items():
        found = of(records, part="uses", gain=0.0, way=way)
        lines.append(Line(name, [(each["gates"], 100 * each["passed"]) for each in found]))
    lines.append(Line("promised", [(GATES[0], 100 * RISK), (GATES[-1], 100 * RISK)], dashed=True))
    x = Axis("gates on one holdout", GATES[0], GATES[-1], [1, 2, 5, 10, 20, 50, 100], log=True)
    y = Axis("any equally good candidate passed, %", 0, 100, [0, 5, 25, 50, 75, 100])
    return chart("A holdout that is asked again", x, y, lines)


SECTION = Section(name="gate", place=30, measure=measure, render=render, pictures=pictures)
