"""Bugs of what is kept to be labelled while the inputs drift."""

from pathlib import PurePosixPath

from tests.mutants.mutant import Mutant

SERVING = PurePosixPath("trainer_image/refit_serving")
TESTS = ("tests/unit/serving/test_drift_to_label.py",)

MORE_LABELS = (
    Mutant(
        "drift keeps no more to be labelled",
        "to_label.py",
        "return usual * MORE_IN_DRIFT if drift is not None and drift > LIMIT else usual",
        "return usual",
        TESTS,
        SERVING,
    ),
    Mutant(
        "the end of a drift throws away what waits for a label",
        "to_label.py",
        "            self._drop(0)\n            is_full = False\n",
        "            self._drop(0)\n            is_full = len(self._kept) > self.rows\n",
        TESTS,
        SERVING,
    ),
)
