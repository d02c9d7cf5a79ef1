"""Known bugs of targets beside Deployments."""

from tests.mutants.mutant import Mutant

SETS, ROLLOUTS = ("tests/unit/target/test_stateful_set.py",), ("tests/unit/target/test_argo_rollout.py",)
SERVICES, RUNS = ("tests/unit/target/test_inference_service.py",), ("tests/unit/run/test_other_kinds.py",)
FOLDER = "target/rules/kinds"
KINDS = (
    Mutant(
        "a StatefulSet with a partition counts as rolled out",
        f"{FOLDER}/stateful_set.py",
        "    if partition:\n",
        "    if partition and not partition:\n",
        SETS,
    ),
    Mutant(
        "a StatefulSet is complete before its revision is the current one",
        f"{FOLDER}/stateful_set.py",
        "if one_revision and updated == available",
        "if updated == available",
        SETS,
    ),
    Mutant(
        "a Rollout is complete while its stable template is an older one",
        f"{FOLDER}/argo_rollout.py",
        ' and status.get("stableRS") == status.get("currentPodHash"):\n        return Complete()',
        ":\n        return Complete()",
        ROLLOUTS,
    ),
    Mutant(
        "an abort for a deadline condemns the weights",
        f"{FOLDER}/argo_rollout.py",
        "is_abort and TIMED_OUT not in words",
        "is_abort",
        ROLLOUTS,
    ),
    Mutant(
        "a canary's pause counts against the deadline",
        "run/rules/checks/promotion.py",
        "        case Waiting(message):\n"
        "            return Decision(record(o, Stage.ROLLING_OUT, message), requeue_after=POLL)\n"
        "        case Progressing(message)",
        "        case Waiting(message) | Progressing(message)",
        RUNS,
    ),
    Mutant(
        "the deadline of a rollout with steps counts from its start",
        "run/rules/checks/promotion.py",
        "return o.now - max(since, progressed or since)",
        "return o.now - since",
        RUNS,
    ),
    Mutant(
        "an InferenceService is complete before KServe has passed the pointer on",
        f"{FOLDER}/inference_service.py",
        "if PREDICTOR.pointer(found.made) != super().pointer(found.document):",
        "if found.made is None:",
        SERVICES,
    ),
    Mutant(
        "a rollback of an InferenceService forgets the manifest's model",
        f"{FOLDER}/inference_service.py",
        'return super().pointer(target) or str(value_at(target, STORAGE_URI) or "")',
        "return super().pointer(target)",
        SERVICES,
    ),
    Mutant(
        "two kinds of one name are one target",
        "controller/seen.py",
        'return Target(str(found.get("kind") or DEFAULT_KIND), namespace',
        "return Target(DEFAULT_KIND, namespace",
        ("tests/unit/controller/test_seen.py",),
    ),
)
