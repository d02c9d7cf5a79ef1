"""One whole loop with one fault: a breach, a run, a promotion, a watch, and what must be true of it afterwards."""

import json
import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.hosted import Hosted, admin_config, as_service_account, until
from tests.cluster.kubectl import Document, Refused, Space
from tests.cluster.objects import CLAIMS, monitor, target
from tests.cluster.test_runs import pointer
from tests.faults.alone import namespace
from tests.faults.proxy import Fault, Proxy, Record

QUIET_S = 15
"""Seconds without a write after which the loop counts as quiet."""
LIMIT_S = 180


@dataclass(frozen=True)
class Result:
    """What became of it; no problems is what is hoped for."""

    problems: tuple[str, ...]
    record: Record
    seconds: float


def play(fault: Fault | None, word: str, folder: Path) -> Result:
    """Play the loop in a namespace of its own."""
    server = admin_config()["clusters"][0]["cluster"]
    trust = ssl.create_default_context(cafile=server["certificate-authority"])
    with namespace(word) as space, Proxy(server["server"], trust, fault) as proxy:
        space.apply(*CLAIMS, target())
        space.run("rollout", "status", "deploy/reviews", "--timeout=120s")
        space.apply(monitor())
        began = time.monotonic()
        with Life(space, proxy, folder):
            return Result(tuple(problems_of(space, proxy)), proxy.record, time.monotonic() - began)


class Life:
    """An operator that is started again each time it ends, as its Deployment would."""

    def __init__(self, space: Space, proxy: Proxy, folder: Path) -> None:
        folder.mkdir()
        config = json.loads(as_service_account(folder).read_text())
        config["clusters"][0]["cluster"] = {"server": f"http://127.0.0.1:{proxy.port}"}
        (folder / "kubeconfig").write_text(json.dumps(config))
        self.space, self.folder, self.over = space, folder, threading.Event()
        self.starts = 0
        self.now = self._start()
        proxy.kill = lambda: self.now.process.kill()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def _start(self) -> Hosted:
        self.starts += 1
        settings = {"KUBECONFIG": str(self.folder / "kubeconfig"), "REFIT_LEADER_ELECTION": "false"}
        return Hosted(self.space, self.folder / f"operator-{self.starts}.log", **settings)

    def _keep(self) -> None:
        while not self.over.is_set():
            self.now.process.wait()
            if not self.over.is_set():
                self.now = self._start()

    def __enter__(self) -> "Life":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.now.process.kill()
        self._thread.join(10)
        self.now.process.kill()
        self.now.process.wait()


def problems_of(space: Space, proxy: Proxy) -> list[str]:
    """Wait for the run's end and for quiet; return what isn't as it would be without the fault."""
    try:
        until(lambda: is_finished(space), LIMIT_S, "the run doesn't end")
        until(lambda: time.monotonic() - proxy.record.last > QUIET_S, 120, "G3: not quiet within 120 s")
    except (AssertionError, Refused) as error:
        return [f"{error}; runs: {[run.get('status') for run in space.list('rr')]}"]
    found = [] if proxy.fault is None or proxy.fired.is_set() else [f"never came to {proxy.fault.call}"]
    return found + [problem for problem, wrong in verdicts(space, proxy.record).items() if wrong]


def is_finished(space: Space) -> bool:
    """Return whether a run has ended."""
    return any(run.get("status", {}).get("stage") == "Finished" for run in space.list("rr"))


def verdicts(space: Space, record: Record) -> dict[str, bool]:
    """Return what may be wrong, and whether it is."""
    runs, jobs = space.list("rr"), space.list("job")
    status: Document = runs[0].get("status", {})
    promoted = (status.get("pointerChange") or {}).get("new", "")
    written = pointers_of(record)
    return {
        f"G1: {len(runs)} runs": len(runs) != 1,
        f"G1: {len(jobs)} Jobs": len(jobs) != 1,
        "G1: the Job isn't the run's": owners(jobs) != [run["metadata"]["uid"] for run in runs],
        f"it ended {status.get('outcome')}: {status.get('message')}": status.get("outcome") != "Promoted",
        f"G2: {pointer(space)} serves": not promoted or pointer(space) != promoted,
        f"G2: it wrote {written}": set(written) != {promoted},
        f"{len(space.list('rs'))} rollouts": len(space.list("rs")) != 2,
    }


def owners(jobs: list[Document]) -> list[str]:
    """Return the UIDs that the Jobs belong to."""
    return [owner["uid"] for job in jobs for owner in job["metadata"].get("ownerReferences", ())]


def pointers_of(record: Record) -> list[str]:
    """Return every pointer that was sent to the API server."""
    calls = zip(record.calls, record.bodies, strict=True)
    bodies = (json.loads(body) for call, body in calls if call.startswith("PATCH deployments"))
    return [body["spec"]["template"]["metadata"]["annotations"]["refit.dev/checkpoint"] for body in bodies]
