"""What a candidate's answers to copies of live requests say of it: the gate's second leg. Pure."""

from refit_operator.api.conditions import ConditionType
from refit_operator.api.durations import format_duration
from refit_operator.api.events import Event
from refit_operator.api.reasons import Reason
from refit_operator.api.run import Outcome, Stage
from refit_operator.api.shadow import shadow_name
from refit_operator.prometheus.rules.reading import QueryFailed, describe
from refit_operator.run.rules.decision import AT_ONCE, Decision, Observed, condition, record
from refit_operator.run.rules.shadowing import answering_since, end, is_over, spec_of, taken
from refit_operator.run.rules.views.shadow import Answers
from refit_operator.target.rules.serving_port import port_of_pods


def _measured(o: Observed) -> Answers | None:
    """Return what was counted once the time is over; None before, and where it couldn't be read."""
    return o.shadow.answers if is_over(o) and isinstance(o.shadow.answers, Answers) else None


def _advice(o: Observed) -> str:
    port = port_of_pods(o.target.document) if o.target else None
    url = f"http://{shadow_name(o.run.spec.serving.target_ref.name)}:{port}"
    return f": does a mirror send copies to {url}, such as refit-serve with MIRROR_URL, and is it scraped?"


def shadow_crashed(o: Observed) -> Decision | None:
    """End the run where a container of the candidate ended while it answered."""
    if answering_since(o) is None or not o.shadow.crash:
        return None
    return end(o, Outcome.REJECTED, Reason.SHADOW_CRASHED, o.shadow.crash)


def shadow_not_measured(o: Observed) -> Decision | None:
    """End the run where too few answers, or no time of them, were counted when it is over, or none can be read."""
    if not is_over(o):
        return None
    if words := taken(o):
        return end(o, Outcome.FAILED, Reason.SHADOW_NOT_MEASURED, f"copies may have gone elsewhere: {words}")
    answers, least = o.shadow.answers, spec_of(o).min_answers
    if isinstance(answers, QueryFailed):
        if not is_over(o, o.run.spec.serving.rollout_deadline):
            return None
        return end(o, Outcome.FAILED, Reason.SHADOW_NOT_MEASURED, f"its answers' counts: {describe(answers)}")
    if answers.total >= least:
        return _time_not_measured(o, answers)
    message = (
        f"{answers.total:,} answers were compared in {format_duration(spec_of(o).for_)}, and {least:,} are needed "
        f"(verification.shadow.minAnswers){'' if answers.total else _advice(o)}"
    )
    return end(o, Outcome.FAILED, Reason.SHADOW_NOT_MEASURED, message)


def _time_not_measured(o: Observed, answers: Answers) -> Decision | None:
    if not answers.compared or answers.latency_ratio is not None:
        return None
    message = f"{answers}: no time of its answers was counted (refit_mirror_seconds_total)"
    return end(o, Outcome.FAILED, Reason.SHADOW_NOT_MEASURED, message)


def shadow_disagrees(o: Observed) -> Decision | None:
    """Refuse the candidate where too few of its answers are the served model's, or all failed."""
    answers = _measured(o)
    if answers is None or (answers.compared and answers.agreement >= spec_of(o).min_agreement):
        return None
    least = spec_of(o).min_agreement
    bound = f"{answers.agreement:.3g} is less than {least:g} (verification.shadow.minAgreement)"
    message = f"{answers}: {bound if answers.compared else 'it answered none'}"
    return end(o, Outcome.REJECTED, Reason.SHADOW_DISAGREES, message)


def shadow_less_accurate(o: Observed) -> Decision | None:
    """Refuse the candidate where it is certain, by the labels that have come, to be right less often."""
    answers = _measured(o)
    if answers is None or not answers.labels.is_worse:
        return None
    alone = f"where one of them alone is right it is the served model {answers.labels.served:,} times"
    message = f"{answers}: {alone}, and the candidate {answers.labels.mirrored:,} times"
    return end(o, Outcome.REJECTED, Reason.SHADOW_LESS_ACCURATE, message)


def shadow_slower(o: Observed) -> Decision | None:
    """Refuse the candidate where it takes too long for the same requests."""
    answers = _measured(o)
    ratio = answers.latency_ratio if answers else None
    if ratio is None or ratio <= spec_of(o).max_latency_ratio:
        return None
    most = f"{spec_of(o).max_latency_ratio:g} (verification.shadow.maxLatencyRatio)"
    return end(o, Outcome.REJECTED, Reason.SHADOW_SLOWER, f"{answers}: more than {most}")


def pass_shadow(o: Observed) -> Decision | None:
    """Record that the candidate has shown what is asked of it."""
    answers = _measured(o)
    if answers is None:
        return None
    passed = condition(o, ConditionType.SHADOWED, "True", Reason.SHADOW_PASSED, str(answers))
    status = record(o, Stage.SHADOWING, str(answers), passed)
    return Decision(status, events=(Event(Reason.SHADOW_PASSED.value, str(answers)),), requeue_after=AT_ONCE)
