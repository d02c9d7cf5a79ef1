"""Every kind of reading in every stage: only a value starts a run or takes a checkpoint back, every other holds.

`make matrix` plays all rows and keeps what was seen; docs/concepts/readings.md shows it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.invariants import violations
from tests.faults.sync import BY_OTHERS
from tests.matrix.cells import Cell
from tests.matrix.kept import keep
from tests.matrix.onlooker import Onlooker
from tests.matrix.rows import ROWS, Row
from tests.matrix.stand import stand
from tests.matrix.walk import ALLOWED, Walk, of_invariants
from tests.support.cluster.apart import Apart
from tests.support.cluster.hosted import admin_config, trust_as_user


@pytest.fixture
def observer(apart: Apart) -> Iterator[Onlooker]:
    config = admin_config()
    with Onlooker(config["clusters"][0]["cluster"]["server"], trust_as_user(config), apart.space.name) as made:
        yield made


def played(row: Row) -> object:
    return pytest.param(row, id=row.name, marks=() if row.always else pytest.mark.matrix)


@pytest.mark.parametrize("row", [played(row) for row in ROWS])
def test_reading(row: Row, apart: Apart, observer: Onlooker, tmp_path: Path) -> None:
    with stand(apart.space, tmp_path, row.source, row.tells) as ours, apart.operator(**ALLOWED) as hosted:
        cells = Walk(row, ours, hosted, observer).play()
    assert violations(of_invariants(observer.seen), BY_OTHERS) == []
    expect(row, *cells)
    keep(cells)


def expect(row: Row, monitoring: Cell, training: Cell, rolling_out: Cell, verifying: Cell) -> None:
    assert [cell.stage for cell in (monitoring, training, rolling_out, verifying) if row.says not in cell.message] == []
    assert monitoring.metric[-1] == row.truth
    assert (monitoring.runs[:1], monitoring.jobs) == (("new",) if row.starts else (), 0)
    assert monitoring.pointer == ("the initial model",)

    assert (training.metric[-1], training.jobs) == (row.truth, 1)
    assert training.runs == ("Training", "Judging")
    assert training.pointer == ("the initial model",)

    assert (rolling_out.metric, rolling_out.jobs) == ((row.truth,), 1)
    assert rolling_out.pointer == ("the initial model", "the candidate")

    outcome, confirmed = row.ends
    assert (verifying.metric, verifying.jobs) == ((row.truth,), 1)
    assert (verifying.outcome, verifying.confirmed) == (outcome, confirmed)
    back = ("the candidate", "the initial model") if outcome == "RolledBack" else ("the candidate",)
    assert verifying.pointer == back
