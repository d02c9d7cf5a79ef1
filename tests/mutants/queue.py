"""Bugs by which more runs would be under way than may be, or one would wait for ever, or out of its turn."""

from tests.mutants.mutant import Mutant

PLACES = ("tests/unit/places/test_places.py",)
PLACE = ("tests/unit/run/test_place.py",)
GIVEN = ("tests/unit/controller/test_places.py",)

PLACES_IN_QUEUE = (
    Mutant(
        "a run takes the place of one ahead of it",
        "places/rules/places.py",
        " and self._ahead(run, share) < free",
        "",
        PLACES,
    ),
    Mutant(
        "a namespace has more places than it may",
        "places/rules/places.py",
        "share < self.limits.most_of_one and self._ahead",
        "self._ahead",
        PLACES,
    ),
    Mutant(
        "places are given before those under way are counted",
        "places/rules/places.py",
        "        if not self._is_counted:\n            return Uncounted()\n",
        "",
        PLACES,
    ),
    Mutant(
        "places go by the time alone, whosever they are",
        "places/rules/places.py",
        "            (held + index, self._turn(line), run.monitor)",
        "            (0, (run.time, run.uid), run.monitor)",
        PLACES,
    ),
    Mutant(
        "with one place, the namespace that waited longest has it over and over",
        "places/rules/places.py",
        "self._given.get(first.monitor.namespace, 0), first.time",
        "0, first.time",
        PLACES,
    ),
    Mutant(
        "a requested run waits behind the breaches of its namespace",
        "places/rules/waiting.py",
        "by_breach = trigger.reason is not TriggerReason.MANUAL",
        "by_breach = True",
        PLACES,
    ),
    Mutant(
        "a run that fails at each reconciliation holds up the others",
        "__main__.py",
        "        ports.places.step_aside(ref)\n",
        "",
        GIVEN,
    ),
    Mutant(
        "a failure gives the place back though a Job may be there",
        "places/rules/places.py",
        "if uid in self._waiting)",
        "if uid)",
        PLACES,
    ),
    Mutant(
        "a run that was deleted keeps its place",
        "controller/reconcile.py",
        "    ports.places.keep(ref, {run.metadata.uid for run in runs if not run.is_finished})\n",
        "",
        GIVEN,
    ),
    Mutant(
        "a run whose monitor was deleted keeps its place",
        "controller/reconcile.py",
        "        ports.places.keep(ref, ())\n",
        "",
        GIVEN,
    ),
    Mutant(
        "after a restart a Job that isn't recorded doesn't count",
        "run/places.py",
        "_holds(run, uid in given, uid in at_work)",
        "_holds(run, False, uid in at_work)",
        PLACE,
    ),
    Mutant(
        "a run loses its place between two Jobs",
        "run/places.py",
        "else run.status.job_ref is not None or has_job",
        "else has_job",
        PLACE,
    ),
    Mutant(
        "a rollback waits for a place",
        "run/places.py",
        "return run.is_rollback or is_true",
        "return is_true",
        PLACE,
    ),
    Mutant(
        "the deadlines of a run without a place count",
        "run/rules/checks/deadlines.py",
        "    if o.place:\n        return Phase.QUEUED\n",
        "",
        PLACE,
    ),
    Mutant(
        "each step of the queue is written on each run in it",
        "run/rules/checks/place.py",
        "shown is not None and WORTH_SHOWING * abs(shown - place.number) < shown",
        "shown == place.number",
        PLACE,
    ),
    Mutant(
        "nobody is woken when a place is free",
        "places/rules/places.py",
        "        if gone:\n            self.on_change()\n",
        "",
        PLACES,
    ),
)
