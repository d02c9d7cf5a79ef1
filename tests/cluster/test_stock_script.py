"""A script as the transformers documentation has it, in a pod as the operator makes it: kubectl shows how far it is.

It is the sample's (docs/how-to/stock-script.md), unchanged, and has no callback: transformers' own reports. What it
saves has no manifest, so the judge's image makes one, and it is promoted like any other.
"""

from typing import Any

from tests.support.cluster.kubectl import Space, merge
from tests.support.cluster.reviews import NO_RATIO, SHARE, kustomized, run_script
from tests.support.cluster.runs import pointer, run_number
from tests.support.local import until

LONG_ENOUGH_TO_BE_SEEN = ["--num_train_epochs=40", "--learning_rate=5e-3"]
"""For a model this small: transformers reports every five seconds."""
QUICK: dict[str, Any] = {
    "metric": NO_RATIO | {"query": "vector(0.5)", "interval": "2s", "breaches": {"count": 1, "outOf": 1}},
    "training": {"resources": SHARE | {"limits": {"nvidia.com/gpu": None, "cpu": "1"}}, "dataset": {"recent": None}},
    "gate": {"minRows": 20},
    "serving": {"rolloutDeadline": "2m"},
    "verification": {"for": "3s", "settle": "0s", "breaches": {"count": 1, "outOf": 1}},
}


def start(space: Space) -> None:
    """Apply the sample, the monitor last and on a clock of seconds."""
    made = kustomized(space, "stock-script")
    del made["Namespace/shop"]
    monitor, server = made.pop("ModelMonitor/reviews"), made.pop("Deployment/reviews")
    space.apply(*made.values())
    run_script(space, "untrained", "untrained_model.py", claims=("models", "feedback", "holdout"))
    space.apply(server)
    space.run("rollout", "status", "deploy/reviews", "--timeout=120s", limit_s=130)
    monitor["spec"]["training"]["args"] += LONG_ENOUGH_TO_BE_SEEN
    space.apply(merge(monitor, {"spec": QUICK}))


def shown(space: Space) -> dict[str, str]:
    """Return the run as `kubectl get rr` shows it, by column; nothing before there is one."""
    lines = space.run("get", "rr", "-o", "wide").splitlines()
    if len(lines) != 2:
        return {}
    starts = [0, *(i for i in range(1, len(lines[0])) if lines[0][i - 1] == " " != lines[0][i])]
    ends = [*starts[1:], max(map(len, lines))]
    return {lines[0][a:b].strip(): lines[1][a:b].strip() for a, b in zip(starts, ends, strict=True)}


def test_a_stock_scripts_progress_is_seen_and_its_model_is_promoted(space: Space) -> None:
    start(space)
    seen: list[dict[str, str]] = []

    def is_under_way() -> bool:
        seen.append(shown(space))
        return 0 < int(seen[-1].get("PROGRESS") or 0) < 100 and bool(seen[-1]["LOSS"])

    until(is_under_way, 240, f"no progress is shown: {seen[-1:]}")
    row = seen[-1]
    assert (row["MONITOR"], row["STAGE"]) == ("reviews", "Training")
    assert row["ETA"].endswith("s")
    assert 0 < float(row["LOSS"]) < 10
    assert row["MESSAGE"].startswith(f"Training: {row['PROGRESS']} %, about ")

    run = run_number(space, 1, limit_s=300)
    assert run["status"]["outcome"] == "Promoted", run["status"]
    assert pointer(space) == run["status"]["pointerChange"]["new"]
    assert (shown(space)["PROGRESS"], shown(space)["OUTCOME"]) == ("100", "Promoted")
    print(row, shown(space), sep="\n")
