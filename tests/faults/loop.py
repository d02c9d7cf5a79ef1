"""One loop with one fault, in a namespace of its own, and what must be true of it at every event and afterwards."""

import secrets
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from refit_operator.api.run import Stage as Stages
from tests.faults.ending import Ending, differences, ending_of
from tests.faults.invariants import violations
from tests.faults.life import Life
from tests.faults.observer import Observer
from tests.faults.proxy import Fault, Proxy
from tests.faults.record import Record
from tests.faults.scenarios import Scenario
from tests.faults.trouble import ELECTED, AtCall, Loop, Trouble
from tests.support.cluster.alone import namespace
from tests.support.cluster.hosted import admin_config, trust, trust_as_user
from tests.support.cluster.kubectl import Document, Refused
from tests.support.local import until

AT_WORK = threading.Semaphore(4)
"""Loops that are at work. Others wait for quiet meanwhile, which costs next to nothing."""
QUIET_S = 60
"""G3: seconds without a write after which a loop counts as quiet."""
QUIET_WITHIN_S = 120
LIMIT_S = 600
PLAYED_AGAIN = 5
"""Loops until one is seen whole. Where somebody changes a CRD, its watches end, and what came meanwhile is lost."""


@dataclass
class Result:
    """What became of it; no problems is what is hoped for."""

    fault: Fault | Trouble | None
    record: Record
    ending: Ending = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    starts: tuple[int, ...] = (1,)
    """Processes that each operator took."""
    story: str = ""
    """What came of a trouble, in a clause."""
    failed_reconciliations: int = 0
    blind: list[str] = field(default_factory=list)
    """Why not every event was seen."""
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
        self.server: str = admin["clusters"][0]["cluster"]["server"]
        self.trust, self.as_admin = trust(admin), trust_as_user(admin)

    def play(self, fault: Fault | Trouble | None, word: str) -> Result:
        """Play a loop; again where the watches of the invariants lost events, as it then proves nothing."""
        for number in range(PLAYED_AGAIN):
            result = self._play(fault, f"{self.scenario.group}-{word}-{number}")
            if not result.blind:
                break
        result.problems += result.blind
        return result

    def _play(self, fault: Fault | Trouble | None, word: str) -> Result:
        """Play a loop, wait for quiet, and look at what there is to see."""
        trouble = fault if isinstance(fault, Trouble) else AtCall(fault)
        with ExitStack() as stack:
            with AT_WORK:
                loop = self._set_up(stack, trouble, word)
                result = Result(fault, loop.record)
                began = time.monotonic()
                self._live(stack, loop, trouble)
                self._trouble(trouble, loop, result)
                finished = self._finish(loop.observer, result)
                result.seconds = time.monotonic() - began
            if finished:
                self._judge(loop, result)
            result.blind = loop.observer.problems
        return result

    def _set_up(self, stack: ExitStack, trouble: Trouble, word: str) -> Loop:
        space, folder = stack.enter_context(namespace(word)), self.folder / word
        folder.mkdir()
        record = Record(space.name, secrets.token_urlsafe(24))
        trouble.surround(stack, folder, self.as_admin)
        faults = [trouble.fault] if trouble.fault else []
        proxy = stack.enter_context(Proxy(trouble.server or self.server, self.trust, faults, record))
        observer = stack.enter_context(Observer(self.server, self.as_admin, space.name))
        space.apply(*self.scenario.documents(record.secret))
        space.run("rollout", "status", "deploy/reviews", f"--timeout={LIMIT_S}s", limit_s=LIMIT_S + 10)
        space.apply(self.scenario.monitor(space.name))
        return Loop(space, record, proxy, observer, folder)

    def _live(self, stack: ExitStack, loop: Loop, trouble: Trouble) -> None:
        """Start the operators; of those that are elected, the first is the leader."""
        trouble.prepare(loop)
        for number, _ in enumerate(trouble.starts):
            life = Life(loop.space, loop.proxy, self.account, loop.folder / str(number), **trouble.environment)
            loop.lives.append(stack.enter_context(life))
            if trouble.environment.items() >= ELECTED.items() and not number:
                life.now.wait_for("/readyz", 200)

    def _trouble(self, trouble: Trouble, loop: Loop, result: Result) -> None:
        """Wait for the stage and play the trouble; one that can't be played is a problem."""
        try:
            if trouble.at in list(Stages):
                until(lambda: trouble.at == loop.observer.stage or bool(loop.observer.problems), LIMIT_S, "never there")
            result.story = trouble.play(loop)
        except (AssertionError, Refused, OSError) as error:
            result.problems.append(f"{type(error).__name__}: {error}")

    def _finish(self, observer: Observer, result: Result) -> bool:
        try:
            until(lambda: observer.has_finished or bool(observer.problems), LIMIT_S, "the run doesn't end")
        except AssertionError as error:
            result.problems.append(f"{error}: {observer.seen[-1] if observer.seen else 'nothing was seen'}")
        return observer.has_finished

    def _judge(self, loop: Loop, result: Result) -> None:
        record = result.record
        try:
            until(lambda: time.monotonic() - record.last > QUIET_S, QUIET_WITHIN_S + QUIET_S, "G3: not quiet in time")
            result.ending = ending_of(loop.space, record)
            words = {f"{n}: {where}": text for n, life in enumerate(loop.lives) for where, text in life.words().items()}
            result.failed_reconciliations = sum(text.count('"event": "reconcile failed"') for text in words.values())
            result.problems += leaks(record, words) + differences(result.ending, self.reference)
        except (AssertionError, Refused, OSError) as error:
            result.problems.append(repr(error))
        result.starts = tuple(life.starts for life in loop.lives)
        expected = result.fault.starts if result.fault and not result.missed else (1,) * len(loop.lives)
        if result.starts != expected:
            result.problems.append(f"operators started {result.starts} times instead of {expected}")
        result.problems += violations(list(loop.observer.seen))
        result.problems += [f"G4: {stray}" for stray in sorted(record.strays)]


def leaks(record: Record, words: dict[str, str]) -> list[str]:
    """Return where the secret appears; that it was never read would prove nothing."""
    found = [f"G5: the secret is in {call}" for call in sorted(record.leaks)]
    found += [f"G5: the secret is in {where}" for where, text in words.items() if record.secret in text]
    return found if record.secret_reads else [*found, "the secret was never read"]
