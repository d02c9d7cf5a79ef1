"""Whose label it is: only an answer that was given can be labelled."""

from refit_serving.documents import Feedback
from refit_serving.memory import RememberedPrediction
from refit_serving.receipts import Answer, digest_input
from refit_serving.refusals import Refused


def prove(answer: Answer | None, feedback: Feedback) -> Answer:
    """Return the answer of a receipt; raise Refused where it isn't that of this feedback."""
    if answer is None:
        raise Refused(403, "the receipt isn't of a server with this key: give all pods the same RECEIPT_KEY_FILE")
    if answer.id != feedback.id:
        raise Refused(403, f"the receipt is for id {answer.id!r}, not {feedback.id!r}")
    if feedback.value is not None and digest_input(feedback.value) != answer.input:
        raise Refused(403, f"the receipt of id {answer.id!r} is for another input")
    return answer


def remembered(known: RememberedPrediction | None, key: str) -> Answer:
    """Return the answer that this pod remembers; raise Refused where there is none, or it may be another one's."""
    if known is None:
        raise Refused(403, f"id {key!r}: this pod remembers no answer; send the receipt that came with it")
    if known.is_contested:
        raise Refused(409, f"id {key!r} was given to different inputs; send the receipt of the answer that is meant")
    return Answer(key, known.input, known.predicted, known.model)
