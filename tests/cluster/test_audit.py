"""A run's audit on the real node: who approved it by the API server's word, and what the document has of it."""

import json
from pathlib import Path

import jsonschema
import pytest

from refit_cli.exits import Exit
from tests.support.cluster.hosted import Hosted, hosted_settings, operators
from tests.support.cluster.kubectl import ROOT, Refused, Space
from tests.support.cluster.objects import idle_target
from tests.support.cluster.people import whoami
from tests.support.cluster.plugin import refit
from tests.support.cluster.runs import active_run, run_number, start
from tests.support.local import until

SCHEMA = json.loads(Path(ROOT / "docs/reference/audit.schema.json").read_text())


def test_a_run_is_audited_with_the_name_of_who_approved_it(space: Space) -> None:
    start(space, mode="Approve")
    name = active_run(space, "AwaitingApproval")
    with pytest.raises(Refused, match=r"set spec\.approvalBy to"):
        space.run("patch", "rr", name, "--type=merge", "-p", '{"spec":{"approval":"Approved"}}')
    early = refit(space, "audit", name)
    assert early.code == Exit.CONFLICT and "hasn't ended (AwaitingApproval)" in early.out

    assert refit(space, "approve", name, "--reason", "better on tweets").code == Exit.OK
    ended = run_number(space, 1)["status"]
    document = refit(space, "audit", "reviews", "-o", "json").data
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    said = {"mode": "Approve", "decision": "Approved", "by": whoami(), "reason": "better on tweets"}
    assert document["approval"] == said
    assert document["outcome"]["outcome"] == ended["outcome"] == "Promoted"
    assert document["models"]["candidate"] == ended["result"]["checkpoint"]
    assert {each: "sha256:" in image for each, image in document["images"].items()} == {"train": True, "judge": True}
    moments = [each["moment"] for each in document["timeline"]]
    assert moments[-1] == "Ended" and moments.index("Trained") < moments.index("RolledOut")
    assert f"Approved by {whoami()}" in refit(space, "audit", name).out


def test_a_run_is_kept_after_it_is_gone(namespace: Space, tmp_path: Path) -> None:
    settings = hosted_settings(tmp_path) | {"REFIT_AUDIT_FOLDER": str(tmp_path / "audit")}
    with operators(Hosted(namespace, tmp_path / "operator.log", **settings)):
        start(namespace, idle_target(), mode="Approve")
        name = active_run(namespace, "AwaitingApproval")
        assert refit(namespace, "reject", name, "--reason", "worse on tweets").code == Exit.OK
        run_number(namespace, 1)
        until(lambda: "auditTime" in namespace.get("rr", name)["status"], 30, "not recorded")
        shown = refit(namespace, "audit", name, "-o", "json").data
        namespace.run("delete", "rr", name)
    (file,) = (tmp_path / "audit").rglob("*.json")
    assert json.loads(file.read_text()) == shown
    gone = refit(namespace, "audit", name)
    assert gone.code == Exit.NOT_FOUND and "kubectl refit audit -f -" in gone.out
    kept = refit(namespace, "audit", "-f", str(file))
    assert f"Rejected by {whoami()} (mode Approve): worse on tweets" in kept.out
