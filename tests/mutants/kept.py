"""Bugs of what is kept of all monitors, so that a mass breach is found without visiting them."""

from tests.mutants.mutant import Mutant

KEPT_TESTS = ("tests/unit/prometheus/test_mass_breach_kept.py",)
_BEGINNINGS, _FALLEN, _DETECTOR = (f"prometheus/rules/{name}.py" for name in ("beginnings", "fallen", "mass_breach"))

KEPT = (
    Mutant(
        "one more that begins beside the most makes them more",
        _BEGINNINGS,
        "self._of(self._most + 1, self._span, time - self._span, time)",
        "(True,)",
        KEPT_TESTS,
    ),
    Mutant(
        "the most of breaches stay as many when one ends",
        _BEGINNINGS,
        "        self._most -= self._most > 0 and not any(self._of(self._most, self._span))\n",
        "",
        KEPT_TESTS,
    ),
    Mutant(
        "a longer interval counts no other breaches",
        _BEGINNINGS,
        "        if span != self._span:\n",
        "        if not self._span:\n",
        KEPT_TESTS,
    ),
    Mutant(
        "a namespace has as many voices as periods in which it fell",
        _BEGINNINGS,
        "                reached = found.pop()[0]\n",
        "                pass\n",
        KEPT_TESTS,
    ),
    Mutant(
        "a namespace that changed is confirmed by what it was",
        _FALLEN,
        "        self._changed.add(namespace)\n",
        "        self._span = self._span\n",
        KEPT_TESTS,
    ),
    Mutant(
        "a namespace has fallen with half of its monitors",
        _FALLEN,
        "len(self) // 2 + 1",
        "(len(self) + 1) // 2",
        KEPT_TESTS,
    ),
    Mutant(
        "a namespace without monitors confirms what it was",
        _FALLEN,
        "        self._put(namespace, [])\n",
        "",
        KEPT_TESTS,
    ),
    Mutant(
        "every reconciliation counts the breaches of a namespace",
        _BEGINNINGS,
        "        if span != self._span:\n",
        "        if span:\n",
        KEPT_TESTS,
    ),
    Mutant(
        "the span is the newest monitor's interval",
        _DETECTOR,
        "            insort(self._intervals, monitor.interval)\n",
        "            self._intervals.append(monitor.interval)\n",
        KEPT_TESTS,
    ),
)
