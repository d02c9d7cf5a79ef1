"""audit: the document of a run that ended, from its object and from a file."""

from pathlib import Path
from typing import Any

import pytest

from refit_cli.audit import made_of, read_kept, read_run, render
from refit_cli.exits import Exit, Failed
from refit_operator.api.run import RetrainRun
from tests.support.cli import Objects, text_of
from tests.support.runs import ROLLED_OUT, STARTED
from tests.support.samples import NEW_DIGEST, NOW, make_run

GATE = {"gate": {"metric": "accuracy", "candidate": "0.9101", "served": "0.782"}}
HELD: dict[str, Any] = {"holdoutDigest": "sha256:" + "7" * 64, "images": {"judge": "registry/judge@sha256:9"}}
ENDED = {"outcome": "Promoted", "completionTime": NOW.isoformat(), "message": "confirmed"}


def promoted(**spec: Any) -> RetrainRun:
    result = ROLLED_OUT["result"] | GATE | HELD
    return make_run(1, status=ROLLED_OUT | ENDED | {"result": result}, **spec)


def test_the_screen_names_models_data_images_and_times() -> None:
    text = text_of(render(made_of(promoted())), 300)
    assert NEW_DIGEST in text and HELD["holdoutDigest"] in text and "registry/judge@sha256:9" in text
    assert "accuracy 0.9101, served 0.782" in text and "none (mode Auto)" in text
    assert "RolledOut" in text and "Ended" in text


def test_who_approved_it_and_why_is_shown() -> None:
    said = {"approval": "Approved", "approvalBy": "ada@example.com", "approvalReason": "better on tweets"}
    text = text_of(render(made_of(promoted(mode="Approve", **said))), 200)
    assert "Approved by ada@example.com (mode Approve): better on tweets" in text
    nameless = text_of(render(made_of(promoted(mode="Approve", approval="Approved"))), 200)
    assert "Approved by somebody without a name" in nameless


def test_a_run_under_way_is_refused() -> None:
    with pytest.raises(Failed, match=r"hasn't ended \(New\)") as refused:
        made_of(make_run(1, status=STARTED))
    assert refused.value.code == Exit.CONFLICT


def test_a_kept_document_is_shown_as_its_object_was(tmp_path: Path) -> None:
    made, file = made_of(promoted()), tmp_path / "kept.json"
    file.write_text(made.text())
    assert read_kept(str(file)) == made


def test_of_a_run_that_is_gone_it_says_where_documents_are_kept() -> None:
    with pytest.raises(Failed, match="no RetrainRun") as refused:
        read_run(Objects(), "reviews-3-692f633a")
    assert refused.value.code == Exit.NOT_FOUND
    assert """'cat "$REFIT_AUDIT_FOLDER"/shop/reviews-3-692f633a.*.json' | kubectl refit audit -f -""" in str(
        refused.value
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "isn't JSON"),
        ("[]", "schema is None"),
        ('{"schema": "refit.dev/audit/v2"}', "'refit.dev/audit/v2', and this kubectl-refit reads"),
        ('{"schema": "refit.dev/audit/v1"}', "outcome: Field required"),
    ],
    ids=["no JSON", "a list", "another version", "half a document"],
)
def test_what_is_no_document_is_said(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "kept.json"
    file.write_text(text)
    with pytest.raises(Failed, match=words) as refused:
        read_kept(str(file))
    assert refused.value.code == Exit.USAGE


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="name one file"):
        read_kept(str(tmp_path))
