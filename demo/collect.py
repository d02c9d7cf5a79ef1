"""From a finished scenario to a Story: the objects' timestamps, and Prometheus's values of each phase."""

from datetime import datetime, timedelta

from demo.kubectl import DemoFailed
from demo.scenario import Scenario
from demo.snapshot import EVIDENCE, EVIDENCE_NEEDED, Observer
from demo.story import Accuracies, Attempt, Evidence, Phase, Story, parse_attempt
from demo.workloads import NAMESPACE

LABELS_LAG = timedelta(seconds=6)
"""A label comes three seconds after its answer, and a scrape up to two seconds after that."""
CURVE_STEP_S = 2.0
CURVE_BEGINS = timedelta(seconds=15)
"""After the first label, so that the window holds some answers."""


def collect_story(scenario: Scenario) -> Story:
    """Return the story of a finished scenario."""
    observer = scenario.observer
    attempts = [parse_attempt(document) for document in observer.kubectl.list_objects("retrainruns", NAMESPACE)]
    if not attempts:
        raise DemoFailed("there is no RetrainRun")
    attempt = min(attempts, key=lambda attempt: attempt.breached)
    start, end = scenario.phases[0].start + CURVE_BEGINS, scenario.phases[-1].end
    return Story(
        threshold=scenario.threshold,
        phases=tuple(scenario.phases),
        attempt=attempt,
        digests=(scenario.digest_before, observer.served_digest()),
        accuracies=measure(observer, scenario.phases, attempt),
        requests=observer.requests(),
        curve=tuple(observer.prometheus.series(observer.query, start, end, CURVE_STEP_S)),
        evidence=Evidence(
            message=observer.breach_message(),
            curve=tuple(observer.prometheus.series(EVIDENCE, start, end, CURVE_STEP_S)),
            needed=observer.prometheus.value(EVIDENCE_NEEDED, at=attempt.breached),
        ),
    )


def measure(observer: Observer, phases: list[Phase], attempt: Attempt) -> Accuracies:
    """Return the accuracy of both models on both domains.

    The old model's on tweets counts up to the time at which its successor was judged, so before any pod was replaced.
    """
    movies, tweets, unseen, again = phases
    return Accuracies(
        movies_before=_of(observer, movies.start, movies.end),
        tweets_before=_of(observer, tweets.start, attempt.trained or tweets.end),
        tweets_after=_of(observer, unseen.start, unseen.end),
        movies_after=_of(observer, again.start, again.end),
    )


def _of(observer: Observer, start: datetime, end: datetime) -> float | None:
    return observer.accuracy_between(start + LABELS_LAG, end)
