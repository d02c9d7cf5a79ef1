"""Bugs by which what applies a repository waits, or fails, for a reason that isn't one; or goes on without one."""

from tests.mutants.mutant import Mutant

SYNC_TESTS = ("tests/unit/faults/test_sync.py",)
_STATUS = "monitor/rules/status.py"

SYNC = (
    Mutant(
        "a sync waits for a run",
        _STATUS,
        "    yield _metric_available(o)\n",
        "    yield _metric_available(o)\n    if o.active_run:\n"
        '        yield _condition(o, "Reconciling", "True", Reason.RUN_ACTIVE, "")\n',
        SYNC_TESTS,
    ),
    Mutant(
        "a monitor that holds a breach isn't ready",
        _STATUS,
        "    hold = first_hold(o, READINESS)\n    if hold:\n",
        "    hold = first_hold(o, PERMISSIONS)\n    if hold:\n",
        SYNC_TESTS,
    ),
    Mutant(
        "a sync fails before its target is there",
        _STATUS,
        "    if broken and broken.reason in BROKEN:\n",
        "    if broken:\n",
        SYNC_TESTS,
    ),
    Mutant(
        "a sync waits for a target that another monitor keeps",
        _STATUS,
        "Reason.SOURCE_FORBIDDEN, Reason.TARGET_CLAIMED})",
        "Reason.SOURCE_FORBIDDEN})",
        SYNC_TESTS,
    ),
    Mutant(
        "a spec that was read counts as unread",
        _STATUS,
        "        observed_generation=o.monitor.metadata.generation,\n        conditions=merge(",
        "        observed_generation=old.observed_generation,\n        conditions=merge(",
        SYNC_TESTS,
    ),
    Mutant("a monitor that nobody has read passes", "api/monitor.py", "NEVER = -1\n", "NEVER = 1\n", SYNC_TESTS),
)
