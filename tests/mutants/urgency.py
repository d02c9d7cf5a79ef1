"""Bugs of who is reconciled first."""

from tests.mutants.mutant import Mutant

RULES = ("tests/unit/controller/test_urgency.py",)
FIRST = ("tests/unit/controller/test_urgent_first.py",)
_SLOTS, _URGENCY, _QUEUE = "controller/rules/slots.py", "controller/rules/urgency.py", "controller/workqueue.py"
_RANK = "return max(Urgency.UNDER_WAY, urgency - int(waited / PATIENCE))"

URGENCY = (
    Mutant("a rollback waits behind what is quiet", _SLOTS, _RANK, "return 0", RULES),
    Mutant("what is quiet waits for ever", _SLOTS, _RANK, "return urgency", RULES),
    Mutant(
        "a monitor comes again in the place that it has left",
        _SLOTS,
        "self._waiting.get(line[0].ref) != (urgency, line[0])",
        "line[0].ref not in self._waiting",
        RULES,
    ),
    Mutant(
        "news of a run waits as what it is news of", _QUEUE, "        self._slots.hasten(ref, urgency)\n", "", FIRST
    ),
    Mutant(
        "quiet news makes quiet what was urgent",
        _QUEUE,
        "min(urgency, self._urgency.get(ref, urgency))",
        "urgency",
        FIRST,
    ),
    Mutant(
        "a rollback that failed is tried again behind what is quiet",
        _QUEUE,
        "Again(await self._failed(ref, error), urgency)",
        "Again(await self._failed(ref, error))",
        FIRST,
    ),
    Mutant("what was urgent once is for ever", _QUEUE, "self._urgency.pop(ref)", "self._urgency[ref]", FIRST),
    Mutant(
        "a run that has ended is urgent",
        _URGENCY,
        'Urgency.QUIET if status.get("outcome") else ',
        "",
        RULES,
    ),
    Mutant(
        "pods that ended long ago come first after a start", _URGENCY, 'in (LISTED, "DELETED")', '== "DELETED"', RULES
    ),
    Mutant(
        "a thousand runs without a place come before a rollback",
        _URGENCY,
        "if is_rollback or has_job else Urgency.MAY_START",
        "if is_rollback or not has_job else Urgency.UNDER_WAY",
        RULES,
    ),
    Mutant(
        "a monitor whose hour at rest is over comes with those in breach",
        "sweep/sweeper.py",
        "may_be_breach(member.rest, reading))",
        "True)",
        ("tests/unit/sweep/test_sweeper.py",),
    ),
    Mutant(
        "the next step of a rollback is quiet",
        "controller/reconcile.py",
        "Again(AT_ONCE, after_reconciliation(active, may_start=True))",
        "Again(AT_ONCE)",
        ("tests/unit/controller/test_reconcile.py",),
    ),
)
