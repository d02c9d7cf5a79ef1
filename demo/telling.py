"""From what was played to a Story: the objects' timestamps, and Prometheus asked about each phase."""

from datetime import datetime, timedelta

from demo.kubectl import DemoFailed
from demo.moment import Observer
from demo.play import Play
from demo.stage import NAMESPACE
from demo.story import Accuracies, Attempt, Phase, Story, parse_attempt

LABELS_LAG = timedelta(seconds=6)
"""A label comes three seconds after its answer, and a scrape up to two seconds after that."""
CURVE_STEP_S = 2.0
CURVE_BEGINS = timedelta(seconds=15)
"""After the first label, so that the window holds some answers."""


def tell(play: Play) -> Story:
    """Return the story of what was played."""
    observer = play.observer
    attempts = [parse_attempt(document) for document in observer.kubectl.list_objects("retrainruns", NAMESPACE)]
    if not attempts:
        raise DemoFailed("there is no RetrainRun to tell of")
    attempt = min(attempts, key=lambda attempt: attempt.breached)
    start, end = play.phases[0].start + CURVE_BEGINS, play.phases[-1].end
    return Story(
        threshold=play.threshold,
        phases=tuple(play.phases),
        attempt=attempt,
        digests=(play.digest_before, observer.served_digest()),
        accuracies=measure(observer, play.phases, attempt),
        requests=observer.requests(),
        curve=tuple(observer.prometheus.series(observer.query, start, end, CURVE_STEP_S)),
    )


def measure(observer: Observer, phases: list[Phase], attempt: Attempt) -> Accuracies:
    """Return the accuracy of both models on both domains.

    The old model's on tweets counts up to the moment its successor was judged, so before any pod was replaced.
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
