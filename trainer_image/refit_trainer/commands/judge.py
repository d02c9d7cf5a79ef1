"""`refit-judge`: the candidate and the model in service, on exactly the same rows."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refit_trainer.artifacts.checkpoint import find_published
from refit_trainer.artifacts.model_folder import verify_folder
from refit_trainer.artifacts.stock_checkpoint import ensure_manifest
from refit_trainer.commands.comparability import check_answers_possible
from refit_trainer.commands.lesson import check_asked
from refit_trainer.commands.new_classes import NewClasses, leave_out_rare, measure_new_classes
from refit_trainer.commands.sketching import try_to_draw, try_to_leave
from refit_trainer.commands.slices import measure_slices
from refit_trainer.comparison.difference import Difference, Question, compare
from refit_trainer.comparison.holdout_use import confidence_for
from refit_trainer.contract.config import JudgeConfig, parse_config
from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.distinct import DistinctRows
from refit_trainer.data.reader import read_rows
from refit_trainer.data.rows import Row, RowSet
from refit_trainer.distributed.topology import read_topology
from refit_trainer.sketch.document import Sketch
from refit_trainer.storage.uris import fetch
from refit_trainer.tasks import Prediction, Task, find_task
from refit_trainer.tasks.components.evidence import select_distinct
from refit_trainer.tasks.components.row_check import check_row

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One model's predictions and metrics on the holdout."""

    digest: str
    predictions: Sequence[Prediction]
    metrics: Mapping[str, float]
    cut: int = 0
    """Inputs that are longer than what the model is given of them."""
    sketch: Sketch | None = None
    """What it was judged on, in outline; only the candidate has one."""

    def report(self) -> dict[str, Any]:
        """Return the report's part on this model."""
        return {"digest": self.digest, "metrics": _rounded(self.metrics)}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both models on the same rows."""

    config: JudgeConfig
    task: Task
    folder: Path
    holdout: RowSet
    judged: DistinctRows
    verdicts: Mapping[str, Verdict]
    question: Question
    difference: Difference | None
    """None where nothing is served."""
    new_classes: NewClasses | None = None
    """What the served model doesn't know; None where labels may not be new, or none is."""

    def explain(self) -> str:
        """Write the report page beside the candidate, and return its URI."""
        from refit_trainer.explain.write import explain

        given = {name: (verdict.predictions, verdict.metrics) for name, verdict in self.verdicts.items()}
        note = self.new_classes.describe(self.config.gate.metric) if self.new_classes else ""
        told = (self.holdout.unread, self.difference, note)
        return explain(self.config, self.task, self.folder, self.judged, given, *told)


def judge(text: str) -> dict[str, Any]:
    """Judge as REFIT_CONFIG's text says and return the report; a page that can't be written doesn't fail the command.

    One machine judges: on the others there is nothing to do.
    """
    topology = read_topology()
    if not topology.is_first_node:
        return {"machine": topology.node_rank}
    if unjudged := _find_unchanged(text):
        return unjudged
    found = _compare(text)
    try_to_leave(found.verdicts["candidate"].sketch, found.config.candidate.uri)
    if os.environ.get("REFIT_REPORT", "on") != "off":
        try:
            found.explain()
        except Exception as error:
            log.warning("report.not_written error=%s: %s", type(error).__name__, error, exc_info=True)
    return _report(found)


def _find_unchanged(text: str) -> dict[str, Any] | None:
    """Return the holdout alone where `train` found nothing to train; None where there is a candidate to judge.

    Whether the holdout is the one that the earlier run was refused on, the operator decides.
    """
    config = parse_config(text, JudgeConfig)
    if not config.may_be_unchanged or find_published(config.candidate.uri, config.run):
        return None
    task = find_task(config.task)
    holdout = read_rows(config.dataset.holdout, config.dataset, task.roles, check_row(task, None))
    log.info("judge.unchanged holdout=%s rows=%d", holdout.digest, len(holdout))
    return {"holdout": holdout.facts()}


def explain(text: str) -> dict[str, Any]:
    """Judge as REFIT_CONFIG's text says, and write the report page and the sketch."""
    found = _compare(text)
    try_to_leave(found.verdicts["candidate"].sketch, found.config.candidate.uri)
    return {"report": found.explain()}


def _compare(text: str) -> Comparison:
    config = parse_config(text, JudgeConfig)
    task = find_task(config.task)
    if config.gate.metric not in task.metrics:
        raise BadInput(f"gate.metric={config.gate.metric!r}: {config.task} has {', '.join(task.metrics)}")
    task = task.as_judged(config.dataset, config.gate)
    check_asked(task, config.dataset)
    folder = fetch(config.candidate.uri)
    digest = ensure_manifest(folder, config.candidate.uri, config.run, config.task)
    served = _verify_served(config)
    check = check_row(task, task.known_labels(folder), extends=config.dataset.extends)
    holdout = read_rows(config.dataset.holdout, config.dataset, task.roles, check)
    models = {"candidate": (folder, digest), **({"served": served} if served else {})}
    labels = _read_labels(config, task, {name: model for name, (model, _) in models.items()}, holdout.rows)
    judged, left_out = leave_out_rare(config, select_distinct(task, holdout.rows), labels)
    verdicts = {name: _judge(task, name, *model, judged.rows, labels) for name, model in models.items()}
    question = _question(config, task, holdout.digest)
    difference = _compare_answers(question, judged.rows, verdicts)
    answers = {name: verdict.predictions for name, verdict in verdicts.items()}
    new = measure_new_classes(config, question, judged.rows, answers, labels, left_out)
    return Comparison(config, task, folder, holdout, judged, verdicts, question, difference, new)


def _read_labels(
    config: JudgeConfig, task: Task, folders: Mapping[str, Path], rows: Sequence[Row]
) -> dict[str, tuple[str, ...]]:
    """Return each model's labels as the rows call them; raise BadInput where one can't answer any of them.

    Where labels may not be new, models are taken at their own word: nothing is returned.
    """
    found = {}
    for name, folder in folders.items():
        with _naming(name):
            found[name] = check_answers_possible(task, folder, rows, may_be_unnamed=config.dataset.extends)
    return found if config.dataset.extends else {}


def _question(config: JudgeConfig, task: Task, holdout: str) -> Question:
    """Return what is asked: the more gates asked this holdout before, the surer the answer has to be."""
    gate = config.gate
    confidence = confidence_for(gate.confidence, gate.uses.get(holdout, 0) + 1)
    return Question(task, gate.metric, confidence, gate.max_slice_drop)


def _compare_answers(question: Question, rows: Sequence[Row], verdicts: Mapping[str, Verdict]) -> Difference | None:
    served = verdicts.get("served")
    if served is None:
        return None
    question.task.check_comparable(question.metric, verdicts["candidate"].predictions, served.predictions)
    found = compare(question, rows, (verdicts["candidate"].predictions, served.predictions))
    shown = " ".join(f"{name}={value}" for name, value in found.report().items())
    log.info("judge.compared metric=%s %s", question.metric, shown)
    return found


def _verify_served(config: JudgeConfig) -> tuple[Path, str] | None:
    if config.served is None:
        return None
    folder = fetch(config.served.uri)
    return folder, verify_folder(folder, config.served.digest, f"served: {config.served.uri}")


def _judge(
    task: Task, name: str, folder: Path, digest: str, rows: Sequence[Row], labels: Mapping[str, tuple[str, ...]]
) -> Verdict:
    from refit_trainer.training.compute import limit_threads

    limit_threads()
    with _naming(name), refusing_model(folder):
        model = task.load(folder)
        model.labels = labels.get(name, model.labels)
        predictions, cut = task.predict(model, rows), task.count_cut(model, rows)
        sketch = try_to_draw(task, model, digest, rows, predictions) if name == "candidate" else None
    metrics = task.measure(rows, predictions)
    shown = " ".join(f"{metric}={value:.4f}" for metric, value in metrics.items())
    log.info("judge.measured model=%s digest=%s rows=%d cut=%d %s", name, digest, len(rows), cut, shown)
    return Verdict(digest, predictions, metrics, cut, sketch)


@contextmanager
def _naming(model: str) -> Iterator[None]:
    """Say which of both models is the one that is refused."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{model}: {error}") from error


def _report(found: Comparison) -> dict[str, Any]:
    cut = found.verdicts["candidate"].cut
    answers = {name: verdict.predictions for name, verdict in found.verdicts.items()}
    slices = measure_slices(found.question, answers, found.judged.rows)
    return {
        **{name: verdict.report() for name, verdict in found.verdicts.items()},
        **({"difference": found.difference.report()} if found.difference else {}),
        **({"newLabels": found.new_classes.report()} if found.new_classes else {}),
        "slices": slices,
        **({"sliceCount": len(slices)} if slices else {}),
        "rows": len(found.holdout),
        "distinct": found.judged.inputs,
        "holdout": found.holdout.facts() | found.judged.facts() | ({"cut": cut} if cut else {}),
        "directions": {name: "Higher" if higher else "Lower" for name, higher in found.task.metrics.items()},
    }


def _rounded(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in metrics.items()}
