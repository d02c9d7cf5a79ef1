"""Words of containers: what a person may read of them in a status, an Event and a log."""

import json

import pytest

from refit_operator.api.words import LONGEST, clean
from refit_operator.run.rules.views.reports import JudgeReport, TrainReport, flaw_of, parse_error, parse_report

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
WORDS = {
    "rows.jsonl:17: broken JSON": "rows.jsonl:17: broken JSON",
    "the token has 7 parts; tokens: 900": "the token has 7 parts; tokens: 900",
    "tokenizer: bert, HF_TOKEN=abc": "tokenizer: bert, HF_TOKEN=***",
    "password=hunter2 for bob": "password=*** for bob",
    "DB_PASSWORD: 'hunter2', next": "DB_PASSWORD: '***', next",
    'AWS_SECRET_ACCESS_KEY="abc/def+1"': 'AWS_SECRET_ACCESS_KEY="***"',
    "https://bob:hunter2@hub/x and s3://bucket/a@b": "https://***@hub/x and s3://bucket/a@b",
    "Authorization: Bearer abcdefghij": "Authorization: Bearer ***",
    f"got {JWT}.": "got ***.",
    "hf_abcdefghijklmnopqrst is refused": "*** is refused",
    "AKIAIOSFODNN7EXAMPLE": "***",
    "red \x1b[31m bell\x07 null\x00": "red  [31m bell  null",
    "left\u202eright\u200b": "left right",
    "half \ud83d": "half",
    "two\nlines": "two\nlines",
    "KeyError: 'label'": "KeyError: 'label'",
}


@pytest.mark.parametrize("text", WORDS)
def test_clean(text: str) -> None:
    assert clean(text) == WORDS[text]


def test_what_is_long_is_cut() -> None:
    assert clean("a" * 5000) == "a" * (LONGEST - 1) + "…"


def test_an_error_is_clean_however_it_is_written() -> None:
    for message in ('{"error": "token=abc\\u001b"}', "Traceback\n  line\ntoken=abc\x1b"):
        assert parse_error(message) == "token=***"


def test_a_message_of_brackets_is_no_error_of_ours() -> None:
    assert parse_error("[" * 4000).startswith("[[[")


def test_a_flaw_says_nothing_secret() -> None:
    assert "hunter2" not in flaw_of(TrainReport, '{"metrics": {"password=hunter2": "x"}}')


def test_a_reports_names_are_words_too() -> None:
    """They are in the run's status and in the gate's messages."""
    digest = f"sha256:{'0' * 64}"
    candidate = {"digest": digest, "metrics": {"accuracy": 0.9, "token=hunter2": 0.1, "f1\x1b": 0.2}}
    slices = {"https://bob:hunter2@hub": {"candidate": 0.9, "rows": 1}}
    said = json.dumps({"candidate": candidate, "slices": slices, "rows": 1, "directions": {"pwd=hunter2": "Higher"}})
    report = parse_report(JudgeReport, said)
    assert report is not None
    assert set(report.candidate.metrics) == {"accuracy", "token=***", "f1"}
    assert (set(report.slices), set(report.directions)) == ({"https://***@hub"}, {"pwd=***"})
