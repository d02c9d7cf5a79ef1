"""A monitor whose target is updated in place: what it waits for before it trains, and when it is at rest."""

from dataclasses import replace
from typing import Any

import pytest

from refit_operator.api.reasons import Reason
from refit_operator.api.serving import Update
from refit_operator.monitor.rules.decide import decide
from refit_operator.monitor.rules.decision import Hold, StartRun
from refit_operator.monitor.rules.rest import rest_of
from refit_operator.monitor.rules.serving import serving_verdict
from refit_operator.monitor.rules.status import next_status, status_after
from refit_operator.target.rules.in_place import parse_in_place, refuse_in_place
from refit_operator.target.rules.pod_models import PodModel
from tests.support.in_place import answering, in_place, mounting
from tests.support.monitors import GOOD, seen
from tests.support.samples import NEW_DIGEST, NOW, make_monitor, make_run
from tests.support.targets import stateful_set, view

NEW = f"file:///models/b@{NEW_DIGEST}"
IN_PLACE = {"update": "InPlace"}


def test_a_target_is_updated_by_restarts_unless_it_is_said() -> None:
    assert make_monitor().spec.serving.update is Update.ROLLING_UPDATE
    assert make_monitor(serving=IN_PLACE).spec.serving.update is Update.IN_PLACE


def test_a_pod_that_says_nothing_costs_no_training() -> None:
    silent = PodModel("b", silence="no answer at port 80")
    held = decide(seen(monitor=make_monitor(serving=IN_PLACE), target=in_place("", answering("a", ""), silent)))
    assert held == Hold(Reason.POD_SILENT, "pod b can't be asked: no answer at port 80")
    both = in_place("", answering("a", ""), answering("b", ""))
    assert isinstance(decide(seen(monitor=make_monitor(serving=IN_PLACE), target=both)), StartRun)


def test_without_its_config_map_it_isnt_ready() -> None:
    held = decide(seen(monitor=make_monitor(serving=IN_PLACE), target=parse_in_place(mounting(), None)))
    assert isinstance(held, Hold) and held.reason is Reason.TARGET_NOT_WIRED
    assert "there is no ConfigMap reviews-pointer" in held.message


def test_with_another_kind_of_target_it_isnt_ready() -> None:
    serving = IN_PLACE | {"targetRef": {"kind": "StatefulSet", "name": "reviews"}}
    target = refuse_in_place(view(stateful_set()))
    o = seen(monitor=make_monitor(serving=serving), target=target)
    held = decide(o)
    assert isinstance(held, Hold) and held.reason is Reason.TARGET_NOT_WIRED
    assert "InPlace is for Deployments alone, and serving.targetRef is the StatefulSet 'reviews'" in held.message
    assert serving_verdict(o) == ("Unknown", Reason.TARGET_NOT_WIRED, target.wiring)


@pytest.mark.parametrize(("update", "rests"), [("RollingUpdate", True), ("InPlace", False)])
def test_it_is_never_at_rest_since_no_event_tells_of_its_config_map(update: str, rests: bool) -> None:
    o = seen(*[GOOD] * 5, monitor=make_monitor(serving={"update": update}))
    o = replace(o, monitor=o.monitor.model_copy(update={"status": next_status(o)}))
    status = next_status(o)
    assert (rest_of(o, status, status_after(o.monitor.status, status, o.interval)) is not None) is rests


def blocked() -> Any:
    change = {"targetUid": "target-uid", "old": "", "new": NEW, "time": NOW.isoformat()}
    finished = {"type": "Finished", "status": "True", "reason": "RollbackBlocked", "message": "pod b: loading"}
    status = {"outcome": "RolledBack", "completionTime": NOW.isoformat(), "pointerChange": change}
    return make_run(1, status=status | {"conditions": [finished | {"lastTransitionTime": NOW.isoformat()}]})


@pytest.mark.parametrize(("there", "expected"), [("", Reason.SERVED), (NEW, Reason.ROLLBACK_BLOCKED)])
def test_a_rollback_is_blocked_until_each_pod_answers_with_the_old_model(there: str, expected: Reason) -> None:
    target = in_place("", answering("a", ""), answering("b", there), previous=NEW)
    o = seen(monitor=make_monitor(serving=IN_PLACE), target=target, runs=(blocked(),))
    assert serving_verdict(o)[1] is expected
