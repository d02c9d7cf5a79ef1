"""What the watch of monitors is news of, and whom a target concerns."""

from typing import Any

import pytest

from refit_operator.api.metadata import Ref
from refit_operator.controller.seen import Seen, Target
from tests.support.samples import merge, monitor_document

REVIEWS, OTHER = Ref("shop", "reviews"), Ref("shop", "other")
TARGET = Target("Deployment", "shop", "reviews")


def changed(**metadata: Any) -> dict[str, Any]:
    document: dict[str, Any] = merge(monitor_document(), {"metadata": metadata})
    return document


@pytest.mark.parametrize(
    ("name", "document", "is_news"),
    [
        ("the same", changed(), False),
        ("its status alone", changed(resourceVersion="2") | {"status": {"state": "Blind"}}, False),
        ("who manages which field", changed(managedFields=[{"manager": "kubectl"}]), False),
        ("its spec", changed(generation=2), True),
        ("an annotation", changed(annotations={"refit.dev/retrain-requested-at": "now"}), True),
        ("a label", changed(labels={"team": "a"}), True),
        ("its deletion", changed(deletionTimestamp="2026-11-24T11:00:00Z"), True),
        ("another of the same name", changed(uid="another"), True),
    ],
)
def test_what_is_news(name: str, document: dict[str, Any], is_news: bool) -> None:
    seen = Seen()
    assert seen.monitor(REVIEWS, monitor_document())
    assert seen.monitor(REVIEWS, document) is is_news


def test_a_target_concerns_the_monitors_that_name_it() -> None:
    seen = Seen()
    seen.monitor(REVIEWS, monitor_document())
    seen.monitor(OTHER, monitor_document())
    assert seen.of_target(TARGET) == seen.same_target(OTHER) == {REVIEWS, OTHER}
    elsewhere = merge(monitor_document(), {"spec": {"serving": {"targetRef": {"name": "films"}}}})
    seen.monitor(OTHER, elsewhere)
    assert seen.of_target(TARGET) == {REVIEWS}
    assert seen.of_target(Target("Deployment", "shop", "films")) == {OTHER}
    assert seen.forget(REVIEWS)
    assert seen.of_target(TARGET) == frozenset()
    assert seen.monitor(REVIEWS, monitor_document())


def test_a_document_without_a_target_is_no_trouble() -> None:
    seen = Seen()
    assert seen.monitor(REVIEWS, {"metadata": {}})
    assert seen.same_target(Ref("shop", "nobody")) == frozenset()


def test_workloads_of_one_name_and_two_kinds_are_two_targets() -> None:
    seen = Seen()
    seen.monitor(REVIEWS, monitor_document())
    seen.monitor(OTHER, merge(monitor_document(), {"spec": {"serving": {"targetRef": {"kind": "StatefulSet"}}}}))
    assert seen.of_target(TARGET) == {REVIEWS}
    assert seen.of_target(Target("StatefulSet", "shop", "reviews")) == {OTHER}
