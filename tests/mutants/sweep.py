"""Known bugs of the sweep: who is read, and who is reconciled after it."""

from tests.mutants.mutant import Mutant

SWEEP_TESTS = ("tests/unit/sweep/test_sweeper.py",)
_SWEEPER, _GROUP = "sweep/sweeper.py", "sweep/group.py"

SWEEP = (
    Mutant("clocks that disagree end the sweep", _SWEEPER, "except Transient:", "except KeyError:", SWEEP_TESTS),
    Mutant(
        "a reading undoes what a reconciliation found meanwhile",
        _SWEEPER,
        "if group.members.get(ref) is not member:",
        "if ref not in group.members:",
        SWEEP_TESTS,
    ),
    Mutant(
        "one that is woken is read on",
        _SWEEPER,
        "            self.drop(ref)\n            WOKEN",
        "            WOKEN",
        SWEEP_TESTS,
    ),
    Mutant(
        "a mass breach isn't shown on monitors at rest",
        _SWEEPER,
        "rest = None if is_held else next_rest",
        "rest = next_rest",
        SWEEP_TESTS,
    ),
    Mutant(
        "one namespace's slow query holds up all others for ever",
        _SWEEPER,
        "self._apart[key] = now + APART",
        "self._apart[key] = now",
        SWEEP_TESTS,
    ),
    Mutant(
        "a sweep that fails forgets its monitors",
        _SWEEPER,
        "            self._wake(tuple(group.members), enqueue)\n        if group.members:",
        "        if group.members:",
        SWEEP_TESTS,
    ),
    Mutant("a sweep that is far behind goes on point by point", _GROUP, "> MOST_BEHIND * ", "> 1000 * ", SWEEP_TESTS),
    Mutant(
        "one that its reconciliation read is read again",
        _GROUP,
        "if member.rest.read < point}",
        "if point}",
        SWEEP_TESTS,
    ),
    Mutant(
        "a status that somebody else wrote stays",
        _SWEEPER,
        "version > self._of[ref].members[ref].version",
        "version > self._of[ref].members[ref].version + 1",
        SWEEP_TESTS,
    ),
    Mutant(
        "an annotation on a monitor at rest isn't seen",
        "controller/seen.py",
        '"labels", "annotations", ',
        '"labels", ',
        ("tests/unit/controller/test_seen.py",),
    ),
    Mutant(
        "a target's old monitors stay its own",
        "controller/seen.py",
        "before is None or before.target != known.target:",
        "before is None:",
        ("tests/unit/controller/test_seen.py",),
    ),
)
