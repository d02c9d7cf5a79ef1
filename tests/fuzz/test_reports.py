"""What a stranger's container and pod may write: any bytes are a report or a refusal, never an exception."""

import base64
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from refit_operator.api.results import RunResult
from refit_operator.api.words import LONGEST
from refit_operator.progress.rules.payload import KEPT_METRICS, LONGEST_NAME, parse_report
from refit_operator.progress.rules.token_claims import is_plausible
from refit_operator.run.rules.views.reports import JudgeReport, TrainReport, flaw_of, parse_error
from refit_operator.run.rules.views.reports import parse_report as parse_message
from refit_operator.run.rules.views.results import judgement_fields
from tests.support.samples import NEW_DIGEST, NOW

TRAINERS = ("trainerStatus", "progressPercentage", "estimatedRemainingSeconds", "metrics", "name", "value")
REPORTED = ("checkpoint", "digest", "rows", "seconds", "candidate", "served", "slices", "error", "aud", "exp")
NAMES = (*TRAINERS, *REPORTED)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(10**40), max_value=10**400)
    | st.floats()
    | st.text()
    | st.just(NEW_DIGEST)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=80), inner, max_size=6)
    ),
    max_leaves=20,
)
MODEL = st.fixed_dictionaries(
    {"digest": st.just(NEW_DIGEST), "metrics": st.dictionaries(st.text(), SCALARS, max_size=4)}
)
TRAIN = st.fixed_dictionaries(
    {"checkpoint": st.text(), "digest": st.just(NEW_DIGEST), "rows": SCALARS, "seconds": SCALARS},
    optional={"metrics": JSON},
)
JUDGE = st.fixed_dictionaries({"candidate": MODEL, "rows": SCALARS}, optional={"served": MODEL, "slices": JSON})
STATUS = st.fixed_dictionaries(
    {},
    optional={
        "progressPercentage": SCALARS,
        "estimatedRemainingSeconds": SCALARS,
        "metrics": st.lists(st.fixed_dictionaries({"name": st.text(), "value": SCALARS}), max_size=30),
    },
)
DEEP = st.integers(1, 4096).map(lambda depth: "[" * depth)
MESSAGES = st.text() | DEEP | (JSON | TRAIN | JUDGE).map(json.dumps)
BODIES = (
    st.binary()
    | DEEP.map(str.encode)
    | st.builds(lambda status: json.dumps({"trainerStatus": status}).encode(), STATUS | JSON)
)
LARGEST = 2**63 - 1
"""What the API server keeps of a whole number."""


def kept(document: Any) -> None:
    """Check that the API server takes what a status is made of."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    text.encode()


@given(MESSAGES)
def test_a_termination_message_is_a_report_or_says_what_is_wrong(message: str) -> None:
    for kind in (TrainReport, JudgeReport):
        found = parse_message(kind, message)
        assert (found is None) == bool(flaw_of(kind, message))
        flaw_of(kind, message).encode()
    trained, judged = parse_message(TrainReport, message), parse_message(JudgeReport, message)
    assert all(0 <= report.rows <= LARGEST for report in (trained, judged) if report)
    if judged:
        kept(RunResult(**judgement_fields(judged, "accuracy")).to_json())


@given(MESSAGES)
def test_a_termination_message_is_a_sentence(message: str) -> None:
    sentence = parse_error(message)
    sentence.encode()
    assert len(sentence) <= LONGEST
    assert not any(character < " " and character != "\n" for character in sentence)


@given(BODIES)
def test_a_progress_report_is_taken_or_refused(body: bytes) -> None:
    found = parse_report(body, "pod", NOW)
    if found:
        kept(found.to_json())
        assert len(found.metrics) <= KEPT_METRICS
        assert all(name.isprintable() and len(name) <= LONGEST_NAME for name in found.metrics)
        found.describe().encode()


def signed(claims: object) -> str:
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()}.x"


@given(st.text() | JSON.map(signed))
def test_a_token_may_be_a_pods_or_not(token: str) -> None:
    assert is_plausible(token, NOW) in (True, False)
