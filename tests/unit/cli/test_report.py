"""report: both models on the holdout, and where the candidate's page is."""

import json
import shlex
from typing import Any

from refit_cli.report import how_to_read, page_of, render, to_json
from refit_operator.api.run import RetrainRun
from refit_operator.target.rules.view import parse_target
from tests.support.cli import text_of
from tests.support.monitors import unmounted
from tests.support.samples import deployment, in_buckets, make_run

RESULT: dict[str, Any] = {
    "gate": {
        "metric": "accuracy",
        "candidate": "0.9101",
        "served": "0.782",
        "difference": {
            "value": "0.128",
            "low": "0.08",
            "high": "0.17",
            "confidence": "0.95",
            "method": "exact McNemar",
        },
    },
    "holdoutRows": 1867,
    "slices": {"domain=[tweets]": {"candidate": "0.94", "served": "0.72", "rows": 934}},
}


def judged() -> RetrainRun:
    return make_run(1, status={"outcome": "Promoted", "message": "confirmed", "result": RESULT})


def test_the_screen_has_both_models_their_difference_and_the_slices() -> None:
    text = text_of(render(judged()))
    assert "0.128 (0.08 to 0.17)" in text and "1,867" in text
    assert "domain=[tweets]" in text and "0.72" in text


def test_the_page_is_fetched_from_a_pod_that_mounts_its_claim() -> None:
    run = judged()
    assert page_of(run) == f"pvc://models/checkpoints/reviews/{run.metadata.name}/report.html"
    command, _, file = how_to_read(run, parse_target(deployment())).partition(" > ")
    path = f"/models/checkpoints/reviews/{run.metadata.name}/report.html"
    wanted = ["kubectl", "exec", "-n", "shop", "deployment/reviews", "-c", "server", "--", "cat", path]
    assert shlex.split(command) == wanted and file == f"{run.metadata.name}.html"


def test_where_no_pod_mounts_it_there_is_only_the_place() -> None:
    run = judged()
    bucket = make_run(1, monitor=in_buckets("s3://held/rows"), status={"result": RESULT})
    assert how_to_read(run, None) == how_to_read(run, unmounted()) == ""
    assert how_to_read(bucket, parse_target(deployment())) == ""
    assert page_of(bucket).startswith("s3://models/reviews/")
    assert json.dumps(to_json(run, ""))
