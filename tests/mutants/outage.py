"""Known bugs of what is skipped for monitors whose readings are no values, and of how they are read meanwhile."""

from tests.mutants.mutant import Mutant

REST_TESTS = ("tests/unit/monitor/test_rest.py",)
READING_TESTS = ("tests/unit/sweep/test_reading.py",)
SWEEP_TESTS = ("tests/unit/sweep/test_sweeper.py",)
_RULES, _SWEEPER, _GROUP, _RESTING = (
    "monitor/rules/rest.py",
    "sweep/sweeper.py",
    "sweep/group.py",
    "sweep/resting.py",
)

OUTAGE = (
    Mutant("a value after a failure is skipped", _RULES, "reason_of(reading) != rest.reading or ", "", REST_TESTS),
    Mutant(
        "another kind of failure is skipped",
        _RULES,
        " or (isinstance(reading, QueryFailed) and reading.kind is not rest.failed):",
        ":",
        REST_TESTS,
    ),
    Mutant(
        "what a failure says stays as it was",
        _RULES,
        "return describe(reading) != rest.message",
        "return False",
        REST_TESTS,
    ),
    Mutant(
        "any failure that takes long is as good as another",
        _RULES,
        "if rest.failed is FailureKind.CircuitOpen and timed_out:",
        "if timed_out:",
        REST_TESTS,
    ),
    Mutant(
        "one query of a namespace that isn't answered has all of it reconciled",
        _RULES,
        "if rest.failed is FailureKind.CircuitOpen and timed_out:",
        "if False:",
        REST_TESTS,
    ),
    Mutant(
        "a query's own failure is taken for its server's",
        _RULES,
        "or _failure(o) not in (None, *OF_THE_QUERY)",
        "or True",
        REST_TESTS,
    ),
    Mutant(
        "a budget that frees isn't seen where something else holds a run",
        _RULES,
        "return min(until, frees) if frees else until",
        "return until",
        REST_TESTS,
    ),
    Mutant(
        "one whose query fails is reconciled by the hour",
        _RULES,
        "(FAILING_RECONCILED_EVERY if _failure(o) else RECONCILED_EVERY)",
        "RECONCILED_EVERY",
        REST_TESTS,
    ),
    Mutant(
        "drift is skipped where nothing but the metric has no value",
        _RULES,
        "return _failure(o) is not None or o.monitor.spec.drift is None",
        "return not has_value(o) or o.monitor.spec.drift is None",
        REST_TESTS,
    ),
    Mutant(
        "evidence of before is weighed while a query fails",
        _RULES,
        "if o.evidence and not failed else inf",
        "if o.evidence else inf",
        REST_TESTS,
    ),
    Mutant(
        "each that fails is asked", _SWEEPER, "[group.next_turn(refs)] if key.failed else refs", "refs", SWEEP_TESTS
    ),
    Mutant(
        "the same one is asked each time",
        _GROUP,
        "self.turn = (self.turn + 1) % len(refs)",
        "self.turn = 0",
        SWEEP_TESTS,
    ),
    Mutant(
        "each point that passed is asked for while queries fail",
        _GROUP,
        "if self.key.failed and self.point < newest:",
        "if False:",
        SWEEP_TESTS,
    ),
    Mutant(
        "those that fail are reconciled where their sweep is late",
        _GROUP,
        "return not self.key.failed and ",
        "return ",
        SWEEP_TESTS,
    ),
    Mutant(
        "queries that hang keep others of their server waiting",
        _SWEEPER,
        "fails = key.failed is not None",
        "fails = False",
        SWEEP_TESTS,
    ),
    Mutant(
        "a mass breach wakes those without a value",
        _SWEEPER,
        " and member.rest.value is not None",
        "",
        SWEEP_TESTS,
    ),
    Mutant(
        "one namespace's failure is taken for another's",
        _RESTING,
        " or rest.failed)",
        ")",
        ("tests/unit/sweep/test_resting.py",),
    ),
    Mutant(
        "those that fail are read with those that don't",
        _RESTING,
        "failed=rest.failed,",
        "",
        ("tests/unit/sweep/test_resting.py",),
    ),
    Mutant(
        "how a query fails is of no point of the grid",
        "prometheus/reader.py",
        "await self.open(subject.namespace, prometheus, times[-1])",
        "await self.open(subject.namespace, prometheus, now)",
        ("tests/unit/sweep/test_resting.py",),
    ),
    Mutant(
        "a value with too few samples behind it is taken for one",
        "sweep/reading.py",
        "if form.min_samples is not None:",
        "if form.min_samples is None:",
        READING_TESTS,
    ),
    Mutant("a stale value is taken for one", "sweep/reading.py", "if form.max_age:", "if False:", READING_TESTS),
    Mutant(
        "who failed, the metric's query or another, isn't told",
        "sweep/reading.py",
        "blame(field, each) if isinstance(each, QueryFailed) else each",
        "each",
        READING_TESTS,
    ),
    Mutant(
        "one that asks for freshness is read without",
        _RESTING,
        "max_age=metric.max_age,",
        "",
        ("tests/unit/sweep/test_resting.py",),
    ),
    Mutant(
        "one that asks for samples is read without",
        _RESTING,
        "min_samples=metric.min_samples.count if metric.min_samples else None,",
        "",
        ("tests/unit/sweep/test_resting.py",),
    ),
)
