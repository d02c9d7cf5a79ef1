"""What a stranger's pod and container may send: tokens, reports, messages. Pure, so that unit tests read it too."""

import json
from typing import Any

from refit_operator.progress.rules.token_claims import LONGEST_TOKEN
from refit_operator.run.rules.views.reports import JudgeReport, TrainReport
from tests.support.pods import GOOD, RUN, make_token
from tests.support.runs import GOOD_JUDGE, GOOD_TRAIN

IMPLAUSIBLE = {
    "no JSON Web Token": "secret",
    "not signed": GOOD.rpartition(".")[0],
    "not base64": "a.$.c",
    "no JSON": "a.YQ.c",
    "no object": "a.W10.c",
    "another audience": make_token("good", aud=["https://kubernetes.default.svc"]),
    "expired": make_token("good", exp=0),
    "no time": make_token("good", exp="soon"),
    "of no pod": make_token("good", **{"kubernetes.io": {"namespace": "shop"}}),
    "too long": make_token("x" * LONGEST_TOKEN),
    "nested": "a." + "WyBb" * 1000 + ".c",
}
"""Tokens that can be no pod's."""
STRANGERS: dict[str, dict[str, Any]] = {
    "a bad token": {"authenticated": False},
    "no answer": {"authenticated": None},
    "another audience": {"audiences": ["https://kubernetes.default.svc"]},
    "no audience": {"audiences": None},
    "a person": {"user": {"username": "alice"}},
    "a token of no pod": {"user": {"extra": {"authentication.kubernetes.io/pod-name": None}}},
    "a pod without a uid": {"user": {"extra": {"authentication.kubernetes.io/pod-uid": []}}},
}
"""What a review says of tokens that are no pod's."""


def owned(kind: str = "Job", uid: str = "job-uid", controller: bool = True) -> dict[str, Any]:
    return {"ownerReferences": [{"kind": kind, "name": RUN, "uid": uid, "controller": controller}]}


OTHER_PODS: dict[str, dict[str, Any] | None] = {
    "a pod that is gone": None,
    "another pod of that name": {"uid": "another"},
    "no run's": {"labels": None},
    "a label alone": {"ownerReferences": None},
    "not by a Job": owned("ConfigMap", "config-map-uid"),
    "by another Job of that name": owned(uid="another"),
    "by a Job that doesn't control it": owned(controller=False),
}
OTHER_JOBS: dict[str, dict[str, Any] | None] = {
    "a Job that is gone": None,
    "a Job of nobody": {"ownerReferences": None},
    "another run's": {"ownerReferences": [{"kind": "RetrainRun", "name": "other", "uid": "u", "controller": True}]},
    "a CronJob's": {"ownerReferences": [{"kind": "CronJob", "name": RUN, "uid": "u", "controller": True}]},
}


def body(**status: Any) -> bytes:
    return json.dumps({"trainerStatus": status}).encode()


def metrics(*pairs: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in pairs]


BODIES: dict[str, bytes] = {
    "no JSON": b"{",
    "nothing at all": b"",
    "another document": b'{"status": {}}',
    "a list": b"[]",
    "more than all": body(progressPercentage=101),
    "less than nothing": body(progressPercentage=-1),
    "a negative time": body(estimatedRemainingSeconds=-1),
    "a time that isn't one": b'{"trainerStatus": {"estimatedRemainingSeconds": NaN}}',
    "more metrics than the contract has": body(metrics=metrics(*((f"m{i}", "1") for i in range(257)))),
    "deep nesting": b'{"trainerStatus": ' + b"[" * 5000 + b"]" * 5000 + b"}",
}
"""Reports of progress that aren't taken."""
MESSAGES: dict[str, tuple[Any, str]] = {
    "no number": (JudgeReport, GOOD_JUDGE.replace("0.9", "NaN")),
    "an endless number": (JudgeReport, GOOD_JUDGE.replace("0.9", "1e999")),
    "fewer rows than none": (JudgeReport, GOOD_JUDGE.replace("500", "-1")),
    "more rows than a number holds": (TrainReport, GOOD_TRAIN.replace("1500", str(2**63))),
    "another digest": (TrainReport, GOOD_TRAIN.replace("sha256:", "md5:")),
    "a digest that is a path": (TrainReport, GOOD_TRAIN.replace("sha256:1", "../../../")),
    "the trainer's for the judge's": (JudgeReport, GOOD_TRAIN),
    "cut off": (JudgeReport, GOOD_JUDGE.ljust(4096, "x")[1:] + "x"),
    "brackets": (JudgeReport, "[" * 4096),
}
SECRET = "hunter2-hunter2-hunter2"
SPOKEN = {
    "password=": f"password={SECRET}",
    "a quoted password": f'"DB_PASSWORD": "{SECRET}"',
    "a secret key": f"AWS_SECRET_ACCESS_KEY={SECRET}",
    "an API key": f"api-key: {SECRET}",
    "a bearer token": f"Authorization: Bearer {SECRET}",
    "basic authentication": f"Authorization: Basic {SECRET}",
    "user and password in a URL": f"no route to https://bob:{SECRET}@hub/x",
    "a token of Hugging Face": f"hf_{SECRET.replace('-', '')} is refused",
    "a token of GitHub": f"ghp_{SECRET.replace('-', '')} is refused",
    "a JSON Web Token": f"got eyJhbGciOiJSUzI1NiJ9.{SECRET}.x",
    "in a report's error": json.dumps({"error": f"token={SECRET}"}),
    "in the last line of a traceback": f"Traceback\n  line\nValueError: secret={SECRET}",
}
"""Messages of containers that have a credential in them."""
TOKENS = {name: f"Bearer {token}" for name, token in IMPLAUSIBLE.items()} | {
    "none": "",
    "a user and a password": "Basic YTpi",
    "a name without a token": "Bearer ",
    "a pod's, signed by nobody": f"Bearer {GOOD}",
}
"""What a report may come with."""
