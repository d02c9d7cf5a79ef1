"""One loop with one fault, in a namespace of its own, and what must be true of it at every event and afterwards."""

import secrets
import ssl
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.hosted import admin_config, until
from tests.cluster.kubectl import Document, Refused, Space
from tests.faults.alone import namespace
from tests.faults.ending import Ending, differences, ending_of
from tests.faults.invariants import violations
from tests.faults.life import Life
from tests.faults.observer import Observer
from tests.faults.proxy import Fault, Proxy
from tests.faults.record import Record
from tests.faults.scenarios import Scenario

AT_WORK = threading.Semaphore(4)
"""Loops that are at work. Others wait for quiet meanwhile, which costs next to nothing."""
QUIET_S = 60
"""G3: seconds without a write after which a loop counts as quiet."""
QUIET_WITHIN_S = 120
LIMIT_S = 300


@dataclass
class Result:
    """What became of it; no problems is what is hoped for."""

    fault: Fault | None
    record: Record
    ending: Ending = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    starts: int = 1
    """Operator processes that it took."""
    seconds: float = 0.0
    """From the monitor to the end of its run."""

    @property
    def missed(self) -> bool:
        """Return whether the call never came at which the fault was to happen: then nothing was tested."""
        return self.fault is not None and not self.record.fell


class Stage:
    """What the loops of one scenario share."""

    def __init__(self, scenario: Scenario, folder: Path, account: Document) -> None:
        self.scenario, self.folder, self.account = scenario, folder, account
        self.reference: Ending = {}
        """How the loop without a fault ended."""
        admin = admin_config()
        cluster, user = admin["clusters"][0]["cluster"], admin["users"][0]["user"]
        self.server: str = cluster["server"]
        self.trust = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self.as_admin = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self.as_admin.load_cert_chain(user["client-certificate"], user["client-key"])

    def play(self, fault: Fault | None, word: str) -> Result:
        """Play a loop, wait for quiet, and look at what there is to see."""
        word = f"{self.scenario.group}-{word}"
        with ExitStack() as stack:
            with AT_WORK:
                space = stack.enter_context(namespace(word))
                record = Record(space.name, secrets.token_urlsafe(24))
                proxy = stack.enter_context(Proxy(self.server, self.trust, fault, record))
                observer = stack.enter_context(Observer(self.server, self.as_admin, space.name))
                result = Result(fault, record)
                self._set_up(space, record.secret)
                began = time.monotonic()
                life = stack.enter_context(Life(space, proxy, self.account, self.folder / word))
                finished = self._finish(observer, result)
                result.seconds = time.monotonic() - began
            if finished:
                self._judge(space, observer, life, result)
            result.problems += observer.problems
        return result

    def _set_up(self, space: Space, secret: str) -> None:
        space.apply(*self.scenario.documents(secret))
        space.run("rollout", "status", "deploy/reviews", f"--timeout={LIMIT_S}s", limit_s=LIMIT_S + 10)
        space.apply(self.scenario.monitor(space.name))

    def _finish(self, observer: Observer, result: Result) -> bool:
        try:
            until(lambda: observer.has_finished or bool(observer.problems), LIMIT_S, "the run doesn't end")
        except AssertionError as error:
            result.problems.append(f"{error}: {observer.seen[-1] if observer.seen else 'nothing was seen'}")
        return observer.has_finished

    def _judge(self, space: Space, observer: Observer, life: Life, result: Result) -> None:
        record = result.record
        try:
            until(lambda: time.monotonic() - record.last > QUIET_S, QUIET_WITHIN_S + QUIET_S, "G3: not quiet in time")
            result.ending = ending_of(space, record)
            result.problems += leaks(record, life) + differences(result.ending, self.reference)
        except (AssertionError, Refused, OSError) as error:
            result.problems.append(repr(error))
        result.starts = life.starts
        expected = 2 if result.fault and result.fault.is_deadly and not result.missed else 1
        result.problems += [f"the operator started {life.starts} times"] if life.starts != expected else []
        result.problems += violations(list(observer.seen))
        result.problems += [f"G4: {stray}" for stray in sorted(record.strays)]


def leaks(record: Record, life: Life) -> list[str]:
    """Return where the secret appears; that it was never read would prove nothing."""
    found = [f"G5: the secret is in {call}" for call in sorted(record.leaks)]
    found += [f"G5: the secret is in {where}" for where, text in life.words().items() if record.secret in text]
    return found if record.secret_reads else [*found, "the secret was never read"]
