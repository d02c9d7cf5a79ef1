"""Known bugs of what is skipped for a monitor at rest."""

from tests.mutants.mutant import Mutant

REST_TESTS = ("tests/unit/monitor/test_rest.py",)
_RULES = "monitor/rules/rest.py"

REST = (
    Mutant(
        "a bad reading of a monitor at rest is skipped",
        _RULES,
        "and is_breach(reading.value, rest.threshold, rest.below):",
        "and reading.value < 0:",
        REST_TESTS,
    ),
    Mutant(
        "a reading between two that wasn't read is forgotten",
        _RULES,
        "and reading.time - rest.read > rest.interval:",
        "and reading.time < rest.read:",
        REST_TESTS,
    ),
    Mutant(
        "evidence that could be enough is not weighed", _RULES, "None if highest >= rest.needed else ", "", REST_TESTS
    ),
    Mutant("a monitor at rest is never looked at again", _RULES, "reading.time >= rest.until or ", "", REST_TESTS),
    Mutant(
        "a value that moved isn't written",
        _RULES,
        "return has_moved(rest.value, shown_value(reading))",
        "return False",
        REST_TESTS,
    ),
    Mutant("the ceiling of evidence doesn't rise", _RULES, "_replace(ceiling=highest, ", "_replace(", REST_TESTS),
    Mutant(
        "a monitor rests while a recovery is awaited",
        _RULES,
        "return not has_value(o) or not o.runs or o.runs[-1].status.recovered_time is not None",
        "return True",
        REST_TESTS,
    ),
    Mutant("a request for later is slept through", _RULES, "o.now + AGES", "o.now", REST_TESTS),
    Mutant(
        "a monitor rests while words wait to be written",
        _RULES,
        "words(written) == words(found) and ",
        "",
        REST_TESTS,
    ),
    Mutant(
        "a cooldown ends unseen",
        _RULES,
        "return hold is None or hold.reason in STAYS",
        "return True",
        REST_TESTS,
    ),
    Mutant(
        "starts whose evidence fell add nothing to the ceiling",
        "prometheus/rules/evidence.py",
        "if height > 0 else 1.0",
        "if height > 0 else 0.0",
        REST_TESTS,
    ),
    Mutant(
        "kopf copies each object of each event",
        "controller/handlers.py",
        "    settings.persistence.diffbase_storage = NoDiffs()\n",
        "",
        ("tests/unit/controller/test_nothing_kept.py",),
    ),
    Mutant(
        "who has the same target is read out of all monitors of the namespace",
        "kubernetes_api/client.py",
        "fields=target.selector, no_older_than=meta.resource_version",
        "fields=target.selector",
        ("tests/unit/kubernetes_api/test_large.py",),
    ),
    Mutant(
        "a list from memory may be older than what was read",
        "kubernetes_api/client.py",
        '{"resource_version": version, ',
        '{"resource_version": "0", ',
        ("tests/unit/kubernetes_api/test_large.py",),
    ),
)
