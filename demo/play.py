"""The story itself: steady on movies, then tweets, and nobody touches anything but the traffic."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from demo.kubectl import DemoFailed
from demo.moment import Moment, Observer
from demo.screen import Screen
from demo.sentences import MOVIES, TWEETS, TWEETS_UNSEEN
from demo.stage import Stage
from demo.story import Attempt, Phase, percent
from demo.traffic import PAUSE

LOOK_EVERY_S = 1.0
LOOKS_THAT_MAY_FAIL = 10
STEADY_S = 45
UNSEEN_S = 45
"""At 25 sentences a second the tweets that were kept back last a little longer."""
BACK_S = 25
DRAIN_S = 6


@dataclass
class Play:
    """Moves the traffic from phase to phase and waits for what should follow."""

    stage: Stage
    observer: Observer
    screen: Screen
    threshold: float
    phases: list[Phase] = field(default_factory=list)
    digest_before: str = ""

    def perform(self, began: datetime) -> None:
        """Play it; the movies have been coming since `began`. DemoFailed where something doesn't come in time."""
        enough = self._wait("a steady accuracy on movies", lambda m: _age(began) > STEADY_S and self._is_steady(m), 150)
        self.digest_before = self.observer.served_digest()
        self.phases.append(Phase(MOVIES, began, enough.time))
        self.screen.say("the traffic turns to tweets")
        self._during(TWEETS, self._see_retraining)
        self._during(TWEETS_UNSEEN, lambda: self._rest("the accuracy on tweets kept back until now", UNSEEN_S))
        self._during(MOVIES, self._see_end)
        self.stage.switch(PAUSE)
        self._rest("the last labels", DRAIN_S)

    def _is_steady(self, moment: Moment) -> bool:
        if moment.attempt:
            raise DemoFailed(f"{moment.attempt.name} was started on movies, before there was any drift")
        return moment.state == "Monitoring" and moment.is_reading and (moment.accuracy or 0) >= self.threshold

    def _during(self, name: str, follow: Callable[[], None]) -> None:
        self.stage.switch(name)
        start = datetime.now(UTC)
        follow()
        self.phases.append(Phase(name, start, datetime.now(UTC)))

    def _see_retraining(self) -> None:
        seen = self._attempt("a breach", lambda a: a.started, 150)
        self.screen.say(f"breach: accuracy {percent(seen.breached_value)}; {seen.name} trains")
        seen = self._attempt("a trained and judged candidate", lambda a: a.trained, 300)
        served, candidate = seen.gate or (None, None)
        self.screen.say(f"candidate judged on the holdout: {percent(candidate)} against {percent(served)}")
        seen = self._attempt("the candidate to serve", lambda a: a.rolled_out, 240)
        self.screen.say("the candidate serves; the clients send tweets that nobody has seen")

    def _see_end(self) -> None:
        self._rest("the accuracy on movies, again", BACK_S)
        self._wait("the verification to end", lambda m: bool(m.attempt and m.attempt.outcome), 150)

    def _attempt(self, what: str, reached: Callable[[Attempt], datetime | None], limit_s: float) -> Attempt:
        moment = self._wait(what, lambda m: m.attempt is not None and reached(m.attempt) is not None, limit_s)
        assert moment.attempt is not None
        return moment.attempt

    def _rest(self, what: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        self._wait(what, lambda _: time.monotonic() >= end, seconds + 60)

    def _wait(self, what: str, holds: Callable[[Moment], bool], limit_s: float) -> Moment:
        """Look until it holds."""
        deadline, failed = time.monotonic() + limit_s, 0
        while True:
            started = time.monotonic()
            try:
                moment = self.observer.look()
                failed = 0
            except DemoFailed as error:
                failed += 1
                if failed > LOOKS_THAT_MAY_FAIL:
                    raise DemoFailed(f"while waiting for {what}: {error}") from error
            else:
                self.screen.show(moment, what)
                _refuse_bad_end(moment.attempt)
                if holds(moment):
                    return moment
            if time.monotonic() > deadline:
                raise DemoFailed(f"waited {limit_s:.0f} s for {what}")
            time.sleep(max(0.0, started + LOOK_EVERY_S - time.monotonic()))


def _age(moment: datetime) -> float:
    return (datetime.now(UTC) - moment).total_seconds()


def _refuse_bad_end(attempt: Attempt | None) -> None:
    if attempt and attempt.outcome not in ("", "Promoted"):
        raise DemoFailed(f"{attempt.name} ended {attempt.outcome}: {attempt.message}")
