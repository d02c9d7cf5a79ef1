"""The operator is killed in the midst of a mass of breaches: one run and one Job each, whenever that happens.

No pod starts: the Jobs stay suspended for a queue that admits nothing, and the cluster's controllers stand still, which
would write a status for each. Where few runs may have a Job at once, the Jobs are ended here, as a failed pod would.
"""

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from benchmarks.scale.bulk import send_all
from benchmarks.scale.feed import STEADY, accuracies
from benchmarks.scale.population import Population, names_of, nothing_at_work, present
from benchmarks.scale.prometheus import Fed, fed_prometheus
from tests.faults.crowd import accuracy_of, ending, split, within
from tests.faults.each_once import Crowd, Names, problems_of
from tests.faults.invariants import Document
from tests.faults.life import Life
from tests.faults.observer import Observer
from tests.faults.played import Played
from tests.faults.proxy import Fault, Proxy
from tests.faults.record import Record
from tests.faults.report import NEVER
from tests.support.cluster.alone import until_all_are_gone
from tests.support.cluster.hosted import admin_config, as_service_account, trust, trust_as_user
from tests.support.cluster.kubectl import Space
from tests.support.local import until

GROUP = "mass"
BREACHED, HEALTHY = 1000, 20
FEWER, AT_ONCE = 300, 50
"""Breaches where few runs may have a Job at once, and how many may."""
LIMIT_S = 900
SETTLE_S = 10
"""Seconds in which nothing more may be started once every breach has its Job."""
HELD_S = 15
"""Seconds after a kill in which no Job is ended: the operator that comes finds every place taken."""
KNOWN_S = 40
"""How long Prometheus must have known the values: the newest reading may be that old."""


@dataclass(frozen=True)
class Kill:
    """A moment at which the operator is killed, among so many breaches."""

    at: str
    fault: Fault
    breached: int = BREACHED
    most: int = 0
    """Runs that may have a Job at once; 0: any number."""

    @property
    def mode(self) -> str:
        """What is done; kills of one mode are those of one operator, one after the other."""
        among = f"killed among {self.breached} breaches"
        return f"{among}, {self.most} runs at once" if self.most else among


def kills(count: int = BREACHED, most: int = 0) -> list[Kill]:
    """Return the moments among so many breaches, in their order."""
    after, before = "kill-after", "kill-before"
    moments = (
        ("the first Job is there", after, 1),
        ("a tenth of the Jobs are there", after, count // 10),
        ("half of the Jobs are there", after, count // 2),
        ("seven tenths of the Jobs are there, and the next run has none yet", before, 7 * count // 10),
        ("nine tenths of the Jobs are there", after, 9 * count // 10),
    )
    return [Kill(at, Fault(mode, f"POST jobs#{number}"), count, most) for at, mode, number in moments]


KILLS = (*kills(), *kills(FEWER, AT_ONCE)[2:4])


@dataclass
class Mass:
    """Monitors in breach and healthy ones, on a cluster and a Prometheus."""

    breached: frozenset[Names]
    healthy: frozenset[Names]
    prometheus: Fed
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    """Of the operator."""
    _ended: set[str] = field(default_factory=set)
    """UIDs of the Jobs that were ended, where few may be there at once."""

    @property
    def namespaces(self) -> list[str]:
        """Return the namespaces that they are in."""
        return sorted({namespace for namespace, _ in self.breached | self.healthy})

    def play(self, chosen: Sequence[Kill]) -> list[Played]:
        """Have an operator find all breaches, and kill it again and again until each has its Job."""
        config, most = admin_config(), chosen[0].most
        record = Record(self.namespaces[0], secrets.token_urlsafe(24))
        server, as_admin = config["clusters"][0]["cluster"]["server"], trust_as_user(config)
        faults, began, problems = [kill.fault for kill in chosen], time.monotonic(), list[str]()
        with ExitStack() as stack:
            proxy = stack.enter_context(Proxy(server, trust(config), faults, record))
            observers = [stack.enter_context(Observer(server, as_admin, name)) for name in self.namespaces]
            life = stack.enter_context(self._operate(proxy, most))
            try:
                until(lambda: self._has_all(observers, record, most), LIMIT_S, "M1: not every breach has its Job")
                seconds = time.monotonic() - began
                time.sleep(SETTLE_S)  # the time in which nothing more may be started is what is tested
            except (AssertionError, OSError) as error:
                seconds = time.monotonic() - began
                problems.append(str(error))
            problems += self._judged(observers, most)
            starts = life.starts
        if starts != 1 + len(record.falls):
            problems.append(f"operator started {starts} times after {len(record.falls)} kills")
        return told(chosen, record, f"{len(jobs_in(observers))} Jobs in the end, after {seconds:.0f} s", problems)

    def _operate(self, proxy: Proxy, most: int) -> Life:
        account: Document = json.loads(as_service_account(self.folder).read_text())
        settings = {"REFIT_PROMETHEUS_URL": self.prometheus.address, "REFIT_ALLOW_MASS_RETRAIN": "true"}
        settings |= {"REFIT_MAX_CONCURRENT_RUNS": str(most)} | self.settings
        return Life(Space(self.namespaces[0]), proxy, account, self.folder / "operator", **settings)

    def _has_all(self, observers: Sequence[Observer], record: Record, most: int) -> bool:
        """Return whether each breach has its Job; where few may be there at once, end those that are."""
        jobs = jobs_in(observers)
        new = jobs.keys() - self._ended
        if most and new and time.monotonic() - record.fell > HELD_S:
            send_all((ending(jobs[uid]) for uid in new), 200)
            self._ended |= new
        return len(jobs) >= len(self.breached)

    def _judged(self, observers: Sequence[Observer], most: int) -> list[str]:
        """Return what was violated, and which healthy monitor was never read: of that one nothing would be known."""
        seen = [one for observer in observers for one in [*observer.seen]]
        problems = problems_of(seen, Crowd(self.breached, self.healthy, most))
        unread = sorted(self.healthy - within(self.namespaces))
        problems += [f"M3: {len(unread)} healthy monitors aren't within their threshold: {unread[0]}"] if unread else []
        return problems + [found for observer in observers for found in observer.problems]


def jobs_in(observers: Sequence[Observer]) -> dict[str, Document]:
    """Return the Jobs that were seen, by UID."""
    seen = [one.object for observer in observers for one in [*observer.seen]]
    return {one["metadata"]["uid"]: one for one in seen if one["kind"] == "Job"}


def told(chosen: Sequence[Kill], record: Record, end: str, problems: Sequence[str]) -> list[Played]:
    """Return what came of each kill; what was violated is said of the last that came, as is how it ended."""
    came = [kill for kill in chosen if kill.fault.at in record.falls] or [*chosen[-1:]]
    found = []
    for kill in chosen:
        words = f"killed with {done(record, kill)}" if kill.fault.at in record.falls else NEVER
        is_last = kill is came[-1]
        led_to, violated = (f"{words}; {end}", tuple(problems)) if is_last else (words, ())
        seconds = round(record.falls.get(kill.fault.at, 0.0), 2)
        found.append(Played(GROUP, kill.mode, kill.at, led_to, seconds, violated))
    return found


def done(record: Record, kill: Kill) -> str:
    """Return how many runs and Jobs were created before the kill."""
    moment = next(call.came for call in record.calls if call.name == kill.fault.at)
    made = [call.name.partition("#")[0] for call in record.calls if call.came <= moment and call.status == 201]
    return f"{made.count('POST retrainruns')} runs and {made.count('POST jobs')} Jobs"


def play_all(chosen: Sequence[Kill], folder: Path) -> Iterator[Played]:
    """Play the modes one after the other, each with monitors of its own, and nothing else at work on the cluster."""
    modes = list(dict.fromkeys(kill.mode for kill in chosen))
    crowds = {mode: [kill for kill in chosen if kill.mode == mode] for mode in modes}
    names = {
        mode: names_of(some[0].breached + HEALTHY, f"refit-mass-{uuid4().hex[:6]}") for mode, some in crowds.items()
    }
    sides = {mode: split(some, HEALTHY) for mode, some in names.items()}
    until_all_are_gone()  # this operator watches the whole cluster
    with nothing_at_work(), fed_prometheus() as prometheus:
        values = {name: value for side in sides.values() for name, value in accuracy_of(*side).items()}
        prometheus.feed.show(STEADY, accuracies(values))
        for number, mode in enumerate(modes):
            here = folder / str(number)
            here.mkdir(parents=True)
            with present(Population(names[mode], frozenset(names[mode]))):
                until(lambda: prometheus.knows(f"accuracy offset {KNOWN_S}s"), 4 * KNOWN_S, "nothing is scraped")
                yield from Mass(*sides[mode], prometheus, here, {"REFIT_NAMESPACE": ""}).play(crowds[mode])
