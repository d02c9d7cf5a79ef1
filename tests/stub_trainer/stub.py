#!/usr/bin/env -S python3 -IS
"""A trainer and a judge that keep the contract and do nothing else: what is tested is the operator.

Hyperparameters say what they report: accuracy, served_accuracy, rows, weights, fail; seconds and judge_seconds to take;
progress, a percentage to report as Hugging Face's KubeflowCallback does, and to fail where that isn't taken; data, the
rows of both sides, of which they say digests.
The judge finds them in a file that the trainer leaves beside the checkpoint, as a real one finds the model there.
"""

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path

config = json.loads(os.environ["REFIT_CONFIG"])
LOG = Path("/dev/termination-log")


def digest_of(text: str) -> str:
    """Return a digest for a model that isn't there."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def folder_of(uri: str) -> Path:
    """Return the folder of a file:// URI."""
    return Path(uri.removeprefix("file://"))


def report_progress(percentage: int) -> None:
    """Post a report with this pod's own token; raises where the answer isn't a success.

    While nobody answers it is posted again, as a trainer does at each step: other tests kill the operator.
    """
    import ssl  # these three take longer than all the rest, and few tests need them
    import urllib.error
    import urllib.request

    token = Path(os.environ["KUBEFLOW_TRAINER_SERVER_TOKEN"]).read_text().strip()
    metrics = [{"name": "loss", "value": "3.89"}]
    status = {"progressPercentage": percentage, "estimatedRemainingSeconds": 7, "metrics": metrics}
    request = urllib.request.Request(
        os.environ["KUBEFLOW_TRAINER_SERVER_URL"],
        data=json.dumps({"trainerStatus": status}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method="POST",
    )
    trust = ssl.create_default_context(cafile=os.environ["KUBEFLOW_TRAINER_SERVER_CA_CERT"])
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5, context=trust) as reply:
                assert reply.status == 200, reply.status
            return
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(1)


def train() -> dict[str, object]:
    """Publish nothing but what the judge shall say."""
    options = config["hyperparameters"]
    if "progress" in options:
        report_progress(int(options["progress"]))
    time.sleep(float(options.get("seconds", "0")))
    told = {"fingerprint": digest_of(json.dumps([config["startFrom"]["uri"], options]))} if "data" in options else {}
    if told.get("fingerprint") in config.get("refused", {}):
        return {"unchanged": told["fingerprint"]}
    if "fail" in options:
        LOG.write_text(json.dumps({"error": options["fail"]}))
        sys.exit(64)
    folder = folder_of(config["output"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stub.json").write_text(json.dumps(options))
    weights = options.get("weights", config["run"]["name"])
    report = {"checkpoint": config["output"], "digest": digest_of(weights), "rows": 100, "seconds": 0.1, "metrics": {}}
    return report | told


def judge() -> dict[str, object]:
    """Say what the hyperparameters say; of nothing but the holdout where nothing was trained."""
    left = folder_of(config["candidate"]["uri"]) / "stub.json"
    if config.get("mayBeUnchanged") and not left.exists():
        return {"holdout": {"digest": digest_of(config["dataset"]["holdout"])}}
    options = json.loads(left.read_text())
    time.sleep(float(options.get("judge_seconds", "0")))
    weights = options.get("weights", config["run"]["name"])
    report: dict[str, object] = {
        "candidate": {"digest": digest_of(weights), "metrics": {"accuracy": float(options.get("accuracy", "0.9"))}},
        "rows": int(options.get("rows", "500")),
    }
    if "data" in options:
        report["holdout"] = {"digest": digest_of(config["dataset"]["holdout"])}
    if "served" in config:
        accuracy = float(options.get("served_accuracy", "0.8"))
        report["served"] = {"digest": digest_of(config["served"]["uri"]), "metrics": {"accuracy": accuracy}}
    return report


if __name__ == "__main__":
    # The first process of a container ignores SIGTERM otherwise, and its pod stays for half a minute.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    answer = train() if Path(sys.argv[0]).name == "refit-train" else judge()
    LOG.write_text(json.dumps(answer))
