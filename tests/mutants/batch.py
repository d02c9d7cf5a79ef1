"""Bugs of what is asked together: of shapes, of plans, of what answers say, and of how a failure is divided."""

from tests.mutants.mutant import Mutant

SHAPE = ("tests/unit/prometheus/test_shape.py",)
TOGETHER = ("tests/unit/prometheus/test_batch.py",)
POINTS = ("tests/unit/prometheus/test_points.py",)
SETTLING = ("tests/unit/prometheus/test_batched.py",)
GRID = ("tests/unit/prometheus/test_window.py",)

BATCH = (
    Mutant(
        "a label's value is a regular expression",
        "prometheus/rules/shape.py",
        '"|".join(_PATTERN.sub(r"\\\\\\g<0>", value) for value in values)',
        '"|".join(values)',
        SHAPE,
    ),
    Mutant(
        "ratios are grouped by their name",
        "prometheus/rules/shape.py",
        '_FIXED = frozenset(["__name__", "inf", "nan"])',
        '_FIXED = frozenset(["inf", "nan"])',
        SHAPE,
    ),
    Mutant(
        "escapes are part of a label's value",
        "prometheus/rules/shape.py",
        ' if "\\\\" in body else body',
        " if not body else body",
        SHAPE,
    ),
    Mutant(
        "an escape that isn't known is read as its letters",
        "prometheus/rules/shape.py",
        "    if not _SIMPLE[quote].fullmatch(body):\n",
        "    if not body:\n",
        SHAPE,
    ),
    Mutant(
        "a query that names the tag is joined",
        "prometheus/rules/plans.py",
        "return None if TAG in query else",
        "return",
        TOGETHER,
    ),
    Mutant(
        "a scalar is joined as it is",
        "prometheus/rules/plans.py",
        "'vector' if self.is_scalar else ''",
        "''",
        TOGETHER,
    ),
    Mutant(
        "what isn't a selector is grouped",
        "prometheus/rules/ratios.py",
        "if TAG in text or not is_selector(shape):",
        "if TAG in text:",
        TOGETHER,
    ),
    Mutant(
        "a label that all share is grouped by",
        "prometheus/rules/ratios.py",
        "if len(column) > 1]",
        "if column]",
        TOGETHER,
    ),
    Mutant(
        "a grouped query is as long as it gets",
        "prometheus/rules/ratios.py",
        "or length + own > MOST_TEXT",
        "",
        TOGETHER,
    ),
    Mutant(
        "a group asks for any number of ratios",
        "prometheus/rules/ratios.py",
        "len(chunk) == MOST_ASKED or ",
        "",
        TOGETHER,
    ),
    Mutant(
        "a batch has any number of parts",
        "prometheus/rules/batch.py",
        " or parts > MOST_PARTS",
        "",
        TOGETHER,
    ),
    Mutant(
        "a group's values come in the order in which they were asked for",
        "prometheus/rules/ratios.py",
        "sorted(asked, key=_order(asked))",
        "asked",
        TOGETHER,
    ),
    Mutant(
        "one query is asked with a tag",
        "prometheus/rules/batch.py",
        "        if self.is_one:\n            return self.groups[0].alone\n",
        "",
        TOGETHER,
    ),
    Mutant(
        "the last series of a key counts",
        "prometheus/rules/points.py",
        "points[key] + found if key in points else found",
        "found",
        POINTS,
    ),
    Mutant(
        "another time's value is read",
        "prometheus/rules/points.py",
        "    if round(stamp * 1000) != wanted:\n        raise OffGrid\n",
        "",
        POINTS,
    ),
    Mutant(
        "an answer may have any number of series",
        "prometheus/rules/points.py",
        " or len(result) > MOST_SERIES",
        "",
        POINTS,
    ),
    Mutant(
        "a histogram is a number",
        "prometheus/rules/points.py",
        "found.append(nan)",
        "found.append(0.0)",
        POINTS,
    ),
    Mutant(
        "a server that is down is asked for each reading",
        "prometheus/rules/batch.py",
        "DIVISIBLE = frozenset([FailureKind.BadQuery,",
        "DIVISIBLE = frozenset([FailureKind.BadQuery, FailureKind.Refused,",
        SETTLING,
    ),
    Mutant(
        "a broken query spoils what was asked with it",
        "prometheus/rules/batch.py",
        "DIVISIBLE = frozenset([FailureKind.BadQuery, FailureKind.TooLarge])",
        "DIVISIBLE = frozenset([FailureKind.TooLarge])",
        SETTLING,
    ),
    Mutant(
        "a proxy that lets no body through is taken for a server that refuses all",
        "prometheus/batched.py",
        "    if isinstance(alone, QueryFailed) and alone.kind is failed.kind:\n        return batch.fail(alone)\n",
        "    if failed:\n        return batch.fail(failed)\n",
        SETTLING,
    ),
    Mutant(
        "long queries stand in addresses",
        "prometheus/batched.py",
        " and len(batch.query) > MOST_IN_ADDRESS:",
        " and not batch.query:",
        SETTLING,
    ),
    Mutant(
        "queries of one shape have grids of their own",
        "prometheus/reader.py",
        "shape_of(metric.promql), interval)",
        "metric.promql, interval)",
        GRID,
    ),
    Mutant(
        "grids begin at any second",
        "prometheus/rules/window.py",
        "apart = -(-seconds // MOST_OFFSETS)",
        "apart = 1",
        GRID,
    ),
)
