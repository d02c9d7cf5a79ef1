"""Bugs by which a GPU would be asked for in vain, or a training be spared that was needed."""

from tests.mutants.mutant import Mutant

UNCHANGED = ("tests/unit/run/test_unchanged.py",)
SKIPPED = ("tests/unit/monitor/test_skipped.py",)

FEWER = (
    Mutant(
        "a promoted run spares the next one",
        "run/rules/refusals.py",
        "if earlier.status.outcome is not Outcome.REJECTED or accepted is None",
        "if accepted is None",
        UNCHANGED,
    ),
    Mutant(
        "a person's refusal spares the next run",
        "run/rules/refusals.py",
        'or accepted.status != "False":',
        'or accepted.status == "Unknown":',
        UNCHANGED,
    ),
    Mutant(
        "a requested run is skipped",
        "run/rules/refusals.py",
        "if asked_for or run.status.holdout_changed_time",
        "if run.status.holdout_changed_time",
        UNCHANGED,
    ),
    Mutant(
        "a training is spared though another model serves",
        "run/rules/refusals.py",
        "return run.spec.gate, run.spec.served_checkpoint, run.spec.training.image",
        "return run.spec.gate, run.spec.training.image",
        UNCHANGED,
    ),
    Mutant(
        "a training is spared though the holdout is another",
        "run/rules/checks/unchanged.py",
        "if refusal is None or refusal.holdout != holdout.holdout.digest:",
        "if refusal is None:",
        UNCHANGED,
    ),
    Mutant(
        "any trainer may say that nothing has changed",
        "run/rules/checks/training.py",
        'if o.run.status.result.unchanged and (name == "train" or o.job.holdout):',
        'if o.job.unchanged or o.run.status.result.unchanged and (name == "train" or o.job.holdout):',
        UNCHANGED,
    ),
    Mutant(
        "a skipped run costs the budget",
        "monitor/rules/history.py",
        "if run.status.outcome is not Outcome.SKIPPED)",
        "if run)",
        SKIPPED,
    ),
    Mutant(
        "the breaker counts skipped runs",
        "api/run.py",
        "Outcome.RESTORED, Outcome.SKIPPED)",
        "Outcome.RESTORED)",
        SKIPPED,
    ),
    Mutant(
        "skipped runs push out those that the budget counts",
        "run/rules/prune.py",
        "for some in (finished, trained, rolled_back, counted)",
        "for some in (finished, rolled_back, counted)",
        SKIPPED,
    ),
)
