"""The scenario: steady on movies, then tweets; only the traffic is changed, the rest is the operator's."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from demo.kubectl import DemoFailed
from demo.screen import Screen
from demo.sentences import MOVIES, TWEETS, TWEETS_UNSEEN
from demo.snapshot import Observer, Snapshot
from demo.story import Attempt, Phase, percent
from demo.traffic import PAUSE
from demo.workloads import Workloads

POLL_INTERVAL_S = 1.0
MOST_FAILED_POLLS = 10
STEADY_S = 45
UNSEEN_S = 45
"""At 25 sentences a second the tweets that were held out last a little longer."""
BACK_S = 25
DRAIN_S = 6


@dataclass
class Scenario:
    """Moves the traffic from phase to phase and waits for what should follow."""

    workloads: Workloads
    observer: Observer
    screen: Screen
    threshold: float
    phases: list[Phase] = field(default_factory=list)
    digest_before: str = ""

    def run(self, began: datetime) -> None:
        """Run it; the movies have been coming since `began`. DemoFailed where something doesn't happen in time."""
        steady = self._wait("a steady accuracy on movies", lambda m: _age(began) > STEADY_S and self._is_steady(m), 150)
        self.digest_before = self.observer.served_digest()
        self.phases.append(Phase(MOVIES, began, steady.time))
        self.screen.announce("the traffic turns to tweets")
        self._during(TWEETS, self._await_retraining)
        self._during(TWEETS_UNSEEN, lambda: self._pause("the accuracy on tweets held out until now", UNSEEN_S))
        self._during(MOVIES, self._await_end)
        self.workloads.switch_traffic(PAUSE)
        self._pause("the last labels", DRAIN_S)

    def _is_steady(self, snapshot: Snapshot) -> bool:
        if snapshot.attempt:
            raise DemoFailed(f"{snapshot.attempt.name} was started on movies, before there was any drift")
        return snapshot.state == "Monitoring" and snapshot.is_reading and (snapshot.accuracy or 0) >= self.threshold

    def _during(self, name: str, follow: Callable[[], None]) -> None:
        self.workloads.switch_traffic(name)
        start = datetime.now(UTC)
        follow()
        self.phases.append(Phase(name, start, datetime.now(UTC)))

    def _await_retraining(self) -> None:
        seen = self._await_attempt("a breach", lambda a: a.started, 240)
        self.screen.announce(f"breach: {self.observer.breach_message()}")
        self.screen.announce(f"{seen.name} trains")
        seen = self._await_attempt("a trained and judged candidate", lambda a: a.trained, 900)
        served, candidate = seen.gate or (None, None)
        self.screen.announce(f"candidate judged on the holdout: {percent(candidate)} against {percent(served)}")
        seen = self._await_attempt("the candidate to serve", lambda a: a.rolled_out, 240)
        self.screen.announce("the candidate serves; the clients send tweets that no training has seen")

    def _await_end(self) -> None:
        self._pause("the accuracy on movies, again", BACK_S)
        self._wait("the verification to end", lambda m: bool(m.attempt and m.attempt.outcome), 150)

    def _await_attempt(self, what: str, reached: Callable[[Attempt], datetime | None], limit_s: float) -> Attempt:
        snapshot = self._wait(what, lambda m: m.attempt is not None and reached(m.attempt) is not None, limit_s)
        assert snapshot.attempt is not None
        return snapshot.attempt

    def _pause(self, what: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        self._wait(what, lambda _: time.monotonic() >= end, seconds + 60)

    def _wait(self, what: str, holds: Callable[[Snapshot], bool], limit_s: float) -> Snapshot:
        """Poll until it holds."""
        deadline, failed = time.monotonic() + limit_s, 0
        while True:
            started = time.monotonic()
            try:
                snapshot = self.observer.observe()
                failed = 0
            except DemoFailed as error:
                failed += 1
                if failed > MOST_FAILED_POLLS:
                    raise DemoFailed(f"while waiting for {what}: {error}") from error
            else:
                self.screen.show(snapshot, what)
                _check_outcome(snapshot.attempt)
                if holds(snapshot):
                    return snapshot
            if time.monotonic() > deadline:
                raise DemoFailed(f"waited {limit_s:.0f} s for {what}")
            time.sleep(max(0.0, started + POLL_INTERVAL_S - time.monotonic()))


def _age(time: datetime) -> float:
    return (datetime.now(UTC) - time).total_seconds()


def _check_outcome(attempt: Attempt | None) -> None:
    if attempt and attempt.outcome not in ("", "Promoted"):
        raise DemoFailed(f"{attempt.name} ended {attempt.outcome}: {attempt.message}")
