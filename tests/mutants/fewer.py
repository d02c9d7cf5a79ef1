"""Bugs by which a GPU would be asked for in vain, or a training be spared that was needed."""

from tests.mutants.mutant import Mutant

UNCHANGED = ("tests/unit/run/test_unchanged.py",)
PREFLIGHT = ("tests/unit/monitor/test_preflight.py",)
ROOM = ("tests/unit/target/test_room.py",)
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
        "return run.spec.gate, run.served, run.spec.training.image",
        "return run.spec.gate, run.spec.training.image",
        UNCHANGED,
    ),
    Mutant(
        "what is pinned isn't the model that was judged first",
        "api/run.py",
        'pointer.digest or (judged.digest if judged else "")',
        "pointer.digest",
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
        "what an earlier attempt said outlives a training",
        "run/rules/checks/unchanged.py",
        "if is_trained(o) or o.job.train_report or refusal is None",
        "if is_trained(o) or refusal is None",
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
    Mutant(
        "weights that never had a pod are condemned",
        "run/rules/checks/promotion.py",
        "return Reason.ROLLOUT_FAILED if o.candidate_ran else Reason.ROLLOUT_BLOCKED",
        "return Reason.ROLLOUT_FAILED",
        ("tests/unit/run/test_blame.py",),
    ),
    Mutant(
        "a target whose pods all fail with what they serve is held",
        "target/rules/kinds/deployment.py",
        "isinstance(rollout, Failed) and is_halfway",
        "isinstance(rollout, Failed)",
        PREFLIGHT,
    ),
    Mutant(
        "a stuck rollout holds a requested run",
        "monitor/rules/decide.py",
        "NOT_FOR_REQUESTS: tuple[Check, ...] = (\n    rollout_stuck,\n",
        "NOT_FOR_REQUESTS: tuple[Check, ...] = (\n",
        PREFLIGHT,
    ),
    Mutant(
        "quotas are read at every reading",
        "monitor/observe.py",
        "not o.target.needs_room or not only_guards_are_left(o)",
        "not o.target.needs_room",
        PREFLIGHT,
    ),
    Mutant(
        "a share of pods that may be missing is rounded up",
        "target/rules/room.py",
        "return floor(int(allowed[:-1]) * replicas / 100)",
        "return -floor(-int(allowed[:-1]) * replicas / 100)",
        ROOM,
    ),
    Mutant(
        "a quota that is reached exactly leaves no room",
        "target/rules/room.py",
        "parse_quantity(taken) + need > parse_quantity",
        "parse_quantity(taken) + need >= parse_quantity",
        ROOM,
    ),
    Mutant(
        "a quota of Jobs' pods holds a server's",
        "target/rules/room.py",
        'set(spec.get("scopes") or ()) <= FOR_SERVERS',
        "True",
        ROOM,
    ),
    Mutant(
        "a limit without a request asks for nothing",
        "target/rules/room.py",
        "return _limits(container) | _parsed",
        "return _parsed",
        ROOM,
    ),
)
