"""What the API server doesn't keep, by its OpenAPI document, and what of it forbids that a run takes a step."""

import pytest

from refit_operator.api.served import JOB_REF, MONITORS, NAMED, RUNS, describe, dropped, forbidding
from tests.support.published import published

LACKING = {
    "a field of a status": ("status.auditTime",),
    "a field of a spec": ("spec.approvalBy",),
    "a section": ("spec.verification",),
    "in the objects of a list": ("status.conditions[].observedGeneration",),
    "in the values of a map": ("status.result.slices{}.rows",),
    "a value": ("status.stage=Shadowing",),
}


def test_the_crds_of_these_types_drop_nothing() -> None:
    assert dropped(published()) == {MONITORS: (), RUNS: ()}


@pytest.mark.parametrize("paths", LACKING.values(), ids=list(LACKING))
def test_what_a_crd_lacks_is_named_by_its_path(paths: tuple[str, ...]) -> None:
    assert dropped(published(RetrainRun=paths)) == {MONITORS: (), RUNS: paths}


def test_of_a_kind_that_is_not_served_yet_nothing_is_known() -> None:
    document = published()
    del document["components"]["schemas"]["dev.refit.v1alpha1.RetrainRun"]
    assert (dropped(document), dropped({})) == ({MONITORS: ()}, {})
    assert (forbidding({MONITORS: ()}), forbidding({RUNS: ("spec.mode",)})) == ((), ())


def test_what_takes_every_field_drops_none() -> None:
    document = published()
    kind = document["components"]["schemas"]["dev.refit.v1alpha1.RetrainRun"]
    kind["properties"]["status"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    assert dropped(document)[RUNS] == ()


def test_what_is_newer_than_these_types_is_no_fault() -> None:
    document = published()
    kind = document["components"]["schemas"]["dev.refit.v1alpha1.ModelMonitor"]
    kind["properties"]["spec"]["properties"]["later"] = {"type": "string"}
    assert dropped(document) == {MONITORS: (), RUNS: ()}


FORBIDS = {
    "the Job's name": ((JOB_REF,), (), (JOB_REF,)),
    "a status at all": (("status",), (), ("status",)),
    "what a run copies of its monitor": (("spec.mode",), (), ("spec.mode",)),
    "what was decided": (("spec.restorePointer", "spec.livePointer"), (), ("spec.restorePointer", "spec.livePointer")),
    "nothing, where no monitor can have it either": (("spec.verification.shadow",), ("spec.verification.shadow",), ()),
    "nothing, where only people set it": (("spec.approvalBy", "spec.abort"), (), ()),
    "what a verification rests on": (("spec.trigger.baseline",), (), ("spec.trigger.baseline",)),
    "that a run is to be rolled back": (
        ("status.pointerChange.rollbackTime",),
        (),
        ("status.pointerChange.rollbackTime",),
    ),
    "a stage that a model which serves already would be refused": (
        ("status.stage=Verifying", "status.outcome=Skipped"),
        (),
        ("status.stage=Verifying", "status.outcome=Skipped"),
    ),
    "that its holdout was another one": (("status.holdoutChangedTime",), (), ("status.holdoutChangedTime",)),
    "nothing, where the monitors lack the section": (("spec.verification.shadow",), ("spec.verification",), ()),
    "nothing, where it is only shown": (("status.place",), (), ()),
    "nothing, where a run with the value is refused": (("spec.mode=Approve",), (), ()),
    "nothing of monitors alone": ((), ("spec.mode", "status"), ()),
}


@pytest.mark.parametrize(("runs", "monitors", "want"), FORBIDS.values(), ids=list(FORBIDS))
def test_what_forbids_that_a_run_takes_a_step(
    runs: tuple[str, ...], monitors: tuple[str, ...], want: tuple[str, ...]
) -> None:
    assert forbidding({RUNS: runs, MONITORS: monitors}) == want


def test_a_message_names_a_few_and_counts_the_rest() -> None:
    assert describe(("a", "b")) == "a, b"
    assert describe(tuple("abcdefgh")) == f"a, b, c, d, e and {8 - NAMED} more"
