"""Whether a model can be measured by a holdout at all: a comparison with one that can't give a right answer is none."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import Task
from refit_trainer.tasks.components.new_labels import read_unnamed

SHOWN = 10  # labels named in a message
log = logging.getLogger(__name__)


def check_answers_possible(
    task: Task, folder: Path, rows: Sequence[Row], may_be_unnamed: bool = False
) -> tuple[str, ...]:
    """Return a model's labels; raise BadInput where it has no head, or knows none in the holdout; log those it lacks.

    One that `may_be_unnamed` knows those that its rows tell by number.
    """
    known = task.known_labels(folder)
    if known is None:
        raise BadInput(f"{folder} has no head for this task")
    wanted = {name for row in rows for name in task.answers(row.values[task.truth], known)}
    if may_be_unnamed:
        known = read_unnamed(known, wanted) or known
    lacking = wanted - set(known)
    if wanted and lacking == wanted:
        raise BadInput(
            f"{folder} can't answer any row of the holdout: "
            f"it knows {_some(known)}, and the holdout has {_some(wanted)}"
        )
    if lacking:
        log.warning("judge.labels_unknown model=%s labels=%s", folder, _some(lacking))
    return known


def _some(names: Iterable[str]) -> str:
    found = sorted(names)
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more
