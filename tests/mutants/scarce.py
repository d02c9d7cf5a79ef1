"""Bugs of the monitoring without labels: of the drift's condition, of its limit, and of what is handed out."""

from pathlib import PurePosixPath

from tests.mutants.mutant import TRAINER, Mutant

SERVING = PurePosixPath("trainer_image/refit_serving")
DRIFT = ("tests/unit/monitor/test_drift.py",)
AXES = ("tests/unit/sketch/test_axes.py",)
DOCUMENT = ("tests/unit/sketch/test_document.py",)
TO_LABEL = ("tests/unit/serving/test_to_label.py",)

SCARCE = (
    Mutant(
        "a drift starts a run",
        "monitor/rules/decide.py",
        "    return None if o.is_breached and goes_on else Hold(Reason.WITHIN, breach_message(o))",
        "    if o.drift:\n        return None\n"
        "    return None if o.is_breached and goes_on else Hold(Reason.WITHIN, breach_message(o))",
        DRIFT,
    ),
    Mutant(
        "a drift stands for the metric's breach",
        "monitor/rules/decision.py",
        "        return self.breaches >= self.monitor.spec.metric.breaches.count",
        "        return bool(self.drift) or self.breaches >= self.monitor.spec.metric.breaches.count",
        DRIFT,
    ),
    Mutant(
        "a drift that can't be read holds a run",
        "monitor/rules/decide.py",
        "    if isinstance(o.newest, Value):\n        return None\n",
        "    if isinstance(o.newest, Value) and isinstance(o.drift, tuple):\n        return None\n",
        DRIFT,
    ),
    Mutant(
        "one reading is a drift",
        "monitor/rules/drift.py",
        "if above >= spec.breaches.count:",
        "if above:",
        DRIFT,
    ),
    Mutant(
        "drift is below the limit",
        "monitor/rules/drift.py",
        "LIMIT, below=False,",
        "LIMIT, below=True,",
        DRIFT,
    ),
    Mutant(
        "readings of the replaced model say that the new one's inputs drift",
        "monitor/rules/drift.py",
        "max([o.monitor.metadata.creation_timestamp, *rollouts])",
        "o.monitor.metadata.creation_timestamp",
        DRIFT,
    ),
    Mutant(
        "a suspicion ends where the drift can't be read",
        "monitor/rules/drift.py",
        "if is_true(o.monitor.status.conditions, ConditionType.DRIFT_SUSPECTED):",
        "if False:",
        DRIFT,
    ),
    Mutant(
        "a drift query that is wrong is sent",
        "monitor/observe.py",
        "if error := ports.reader.query_error(spec.drift.query, namespace):",
        'if error := "":',
        DRIFT,
    ),
    Mutant(
        "a decision waits for the drift of a server that is down",
        "monitor/observe.py",
        "if spec.drift is None or o.query_error or isinstance(o.window, QueryFailed):",
        "if spec.drift is None or o.query_error:",
        DRIFT,
    ),
    Mutant(
        "the end of a drift is told of again and again",
        "monitor/rules/events.py",
        'elif after.status == "False" and before and before.status == "True":',
        'elif after.status == "False":',
        DRIFT,
    ),
    Mutant(
        "the axes aren't scaled",
        "sketch/axes.py",
        "directions[:COMPONENTS][kept] / np.sqrt(variances[kept])[:, None]",
        "directions[:COMPONENTS][kept]",
        AXES,
        TRAINER,
    ),
    Mutant(
        "the centre is taken as known",
        "sketch/axes.py",
        "((windows - centres) ** 2)",
        "(windows**2)",
        AXES,
        TRAINER,
    ),
    Mutant(
        "another model's sketch is used",
        "sketch/document.py",
        "    if found.digest != digest:\n",
        "    if not found.digest:\n",
        DOCUMENT,
        TRAINER,
    ),
    Mutant(
        "a link in the sketch's place is followed",
        "sketch/document.py",
        "os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK",
        "os.O_RDONLY | os.O_NONBLOCK",
        DOCUMENT,
        TRAINER,
    ),
    Mutant(
        "an input is handed out twice",
        "to_label.py",
        "return input not in self._handed_out and any(",
        "return any(",
        TO_LABEL,
        SERVING,
    ),
    Mutant(
        "the most worth a label makes room",
        "to_label.py",
        "            self._drop(0)\n",
        "            self._drop(-1)\n",
        TO_LABEL,
        SERVING,
    ),
    Mutant(
        "the bytes of what is kept aren't counted",
        "to_label.py",
        "        self._bytes += candidate.known.weight\n",
        "",
        TO_LABEL,
        SERVING,
    ),
)
