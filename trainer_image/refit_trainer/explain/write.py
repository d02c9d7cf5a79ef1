"""Write the page and the card beside a checkpoint."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from refit_trainer.artifacts.beside import write_beside
from refit_trainer.artifacts.manifest import read_manifest
from refit_trainer.artifacts.model_folder import CARD
from refit_trainer.comparison.difference import Difference
from refit_trainer.contract.config import JudgeConfig
from refit_trainer.data.distinct import DistinctRows
from refit_trainer.data.rows import name_some
from refit_trainer.explain.card import render_card
from refit_trainer.explain.facts import gather
from refit_trainer.explain.measures import Judged
from refit_trainer.explain.page import render
from refit_trainer.tasks import Prediction, Task

REPORT = "report.html"
log = logging.getLogger(__name__)


def explain(
    config: JudgeConfig,
    task: Task,
    folder: Path,
    judged: DistinctRows,
    verdicts: Mapping[str, tuple[Sequence[Prediction], Mapping[str, float]]],
    unread: Sequence[str],
    difference: Difference | None,
    note: str = "",
) -> str:
    """Write the report on a candidate from the models' predictions; return the URI of the page."""
    started = time.monotonic()
    manifest: dict[str, Any] = read_manifest(folder) or {}
    manifest = {"task": config.task, "run": config.run.model_dump(), **manifest}
    models = [Judged(name, *verdict) for name, verdict in verdicts.items()]
    facts = gather(task, config.gate.metric, judged, models, manifest, task.load(folder))
    facts = replace(facts, unread=name_some(unread), difference=difference, note=note)
    write_beside(config.candidate.uri, {CARD: render_card(facts), REPORT: render(facts)})
    page = f"{config.candidate.uri}/{REPORT}"
    log.info("report.written uri=%s seconds=%.1f", page, time.monotonic() - started)
    return page
