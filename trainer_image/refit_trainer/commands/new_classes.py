"""Rows of labels that the model in service doesn't know: which are judged, and what is said of them.

They are wrong answers of that model by definition, as they are in service, and count in the gate's metric. What a
candidate does on the other rows is measured by itself, so that a gain in new classes hides no loss in the old ones.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from refit_trainer.comparison.difference import Question, compare
from refit_trainer.contract.config import JudgeConfig
from refit_trainer.contract.constants import SMALLEST_SLICE_ROWS
from refit_trainer.data.distinct import DistinctRows
from refit_trainer.data.rows import NAMED, Row
from refit_trainer.tasks import Prediction
from refit_trainer.tasks.components.evidence import count_inputs
from refit_trainer.tasks.components.new_labels import choose_new_labels, leave_out, names_in

SHOWN_CHARACTERS = 40  # of a label's name in the report
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewClasses:
    """The judged rows by whether the served model knows their labels."""

    names: tuple[str, ...]
    """Labels that it doesn't know."""
    rows: int
    """Rows that have one of them."""
    left_out: int
    """Rows that aren't judged: too few inputs have their labels."""
    known: Mapping[str, Any] | None
    """Both models on the other rows, as a slice is reported; None where there are none."""

    def report(self) -> dict[str, Any]:
        """Return the report's part on them."""
        shown = [name if len(name) <= SHOWN_CHARACTERS else f"{name[:SHOWN_CHARACTERS]}…" for name in self.names]
        document = {"count": len(self.names), "names": shown[:NAMED], "rows": self.rows, "leftOut": self.left_out}
        return document | ({"known": dict(self.known)} if self.known else {})

    def describe(self, metric: str) -> str:
        """Return a sentence for the log and the page."""
        text = f"{self.rows} rows have labels that the model in service doesn't know ({', '.join(self.names[:NAMED])})"
        if self.known:
            ours, theirs = self.known["candidate"], self.known["served"]
            text += f"; without them {metric} is {ours:.3f} against {theirs:.3f} on {self.known['rows']} rows"
        return text


def leave_out_rare(
    config: JudgeConfig, rows: DistinctRows, labels: Mapping[str, Sequence[str]]
) -> tuple[DistinctRows, int]:
    """Return the rows without those of labels that no model knows and that too few inputs have, and how many these are.

    They are slips, as in training. Labels that enough inputs have stay: they are wrong for every model.
    """
    if not config.dataset.extends:
        return rows, 0
    known = sorted({name for own in labels.values() for name in own})
    least = config.dataset.min_rows_per_new_label
    new = choose_new_labels([row.values["label"] for row in rows.rows], known, least)
    if not new.left_out:
        return rows, 0
    why = f"fewer than {least} inputs (dataset.minRowsPerNewLabel), or spelt as another"
    log.warning("judge.labels_left_out %s: %s", new.describe_left_out(), why)
    kept = leave_out(rows, new.left_out)
    return kept, len(rows.rows) - len(kept.rows)


def measure_new_classes(
    config: JudgeConfig,
    question: Question,
    rows: Sequence[Row],
    answers: Mapping[str, Sequence[Prediction]],
    labels: Mapping[str, Sequence[str]],
    left_out: int,
) -> NewClasses | None:
    """Return what is said of labels that the served model lacks; None where none may be new, or none is."""
    served = labels.get("served")
    if served is None or not config.dataset.extends:
        return None
    found = [names_in(row.values["label"]) for row in rows]
    names = sorted({name for names in found for name in names if name not in served})
    if not (names or left_out):
        return None
    old = [index for index, names in enumerate(found) if all(name in served for name in names)]
    told = NewClasses(
        tuple(names), len(rows) - len(old), left_out, _measure_known(_ask(config, question, served), rows, answers, old)
    )
    log.info("judge.new_labels %s", told.describe(question.metric))
    return told


def _ask(config: JudgeConfig, question: Question, served: Sequence[str]) -> Question:
    """Return what is asked about the classes that the served model knows.

    Means over the classes go over these: a few answers with a new one are wrong, and no class that is never right.
    """
    from refit_trainer.tasks.components.classification import require_classification

    task = require_classification(question.task, "dataset.newLabels=Extend").counting(served)
    return replace(question, task=task, max_drop=config.gate.max_known_drop)


def _measure_known(
    asked: Question, rows: Sequence[Row], answers: Mapping[str, Sequence[Prediction]], places: Sequence[int]
) -> dict[str, Any] | None:
    if not places:
        return None
    own = [rows[i] for i in places]
    candidate, served = ([answers[name][i] for i in places] for name in ("candidate", "served"))
    measured = [asked.task.measure(own, one)[asked.metric] for one in (candidate, served)]
    part: dict[str, Any] = {name: round(x, 6) for name, x in zip(("candidate", "served"), measured, strict=True)}
    part["rows"] = count_inputs(asked.task, own)
    if part["rows"] >= SMALLEST_SLICE_ROWS:
        part["difference"] = compare(asked, own, (candidate, served)).report_slice()
    return part
