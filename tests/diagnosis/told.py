"""What lint, doctor and the status say of a faulty set-up: JSON lines in the file that REFIT_DIAGNOSIS names."""

import fcntl
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.diagnosis.faults import FAULTS, HEALTHY
from tests.support.cluster.kubectl import Document, Space

FIXED = (
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", "2026-11-30 12:00"),
    (r"\b\d\d:\d\d:\d\d\b", "12:00:00"),
    (r"(localhost|127\.0\.0\.1):\d+", r"\1:9090"),
    (r"\breviews-(\d)-[0-9a-f]{8}\b", r"reviews-\1-22869039"),
    (r"-(doctor|[0-9a-f]{9,10})-[a-z0-9]{5}\b", "-5d7689c47d-z9qn8"),
    (r"@[0-9a-f]{12}\b", "@e442a2b4116a"),
    (r"sha256:[0-9a-f]{64}", "sha256:…"),
)
"""What differs from one play to the next."""
SHOWN = ("Ready", "MetricAvailable", "RetrainAllowed")
USUAL = ("Within", "Value", "Monitoring", "Serving")


@dataclass(frozen=True)
class Told:
    """What was said of one fault: lines of each."""

    fault: str
    lint: tuple[str, ...]
    doctor: tuple[tuple[str, str, str], ...]
    """Check, result and message of what isn't as it should be."""
    status: tuple[str, ...]


def of_status(monitor: Document, runs: list[Document]) -> tuple[str, ...]:
    """Return what the status of a monitor says that isn't as in one that works, and what its run says."""
    status = monitor.get("status") or {}
    found = [f"state {status['state']}"] if status.get("state") else []
    shown = (each for each in status.get("conditions") or () if each["type"] in SHOWN and each["status"] != "True")
    found += [
        f"{each['type']}={each['status']} {each['reason']}: {each['message']}"
        for each in shown
        if each["reason"] not in USUAL
    ]
    return (*found, *(f"run: {(run.get('status') or {}).get('message') or 'nothing'}" for run in runs[-1:]))


def fixed(space: Space, told: Told) -> Told:
    """Return it without what differs from one play to the next."""

    def words(text: str) -> str:
        text = text.replace(space.name, "shop")
        for pattern, instead in FIXED:
            text = re.sub(pattern, instead, text)
        return text

    doctor = tuple((check, result, words(message)) for check, result, message in told.doctor)
    return Told(told.fault, tuple(map(words, told.lint)), doctor, tuple(map(words, told.status)))


def keep(told: Told) -> None:
    """Put it in the place of what was kept of the fault."""
    if "REFIT_DIAGNOSIS" not in os.environ:
        return
    with Path(os.environ["REFIT_DIAGNOSIS"]).open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        old = [each for each in parse(file.read()) if each.fault != told.fault]
        file.truncate(0)
        file.writelines(json.dumps(asdict(each), ensure_ascii=False) + "\n" for each in in_order([*old, told]))


def parse(text: str) -> list[Told]:
    """Read what was kept."""
    return [_told(json.loads(line)) for line in text.splitlines()]


def _told(found: dict[str, Any]) -> Told:
    doctor = tuple((check, result, message) for check, result, message in found["doctor"])
    return Told(found["fault"], tuple(found["lint"]), doctor, tuple(found["status"]))


def in_order(kept: list[Told]) -> list[Told]:
    """Return them in the order of the faults; those that are no more are dropped."""
    names = [fault.name for fault in (HEALTHY, *FAULTS)]
    return sorted((each for each in kept if each.fault in names), key=lambda each: names.index(each.fault))
