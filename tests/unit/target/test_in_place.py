"""A target whose servers take another model without a restart: where its pointer is, who reads it, and when all do."""

from typing import Any

import pytest

from refit_operator.target.rules.in_place import parse_in_place, port_of
from refit_operator.target.rules.ownership import describe_change
from refit_operator.target.rules.pod_models import (
    PodModel,
    are_weights_refused,
    is_staying,
    rollout_in_place,
    silent_pods,
)
from refit_operator.target.rules.rollout import Complete, Failed, Halted, Progressing
from tests.support.in_place import MOUNT, VOLUME, answering, config_map, in_place, mounting
from tests.support.samples import NEW_DIGEST, OLD_DIGEST, merge

OLD, NEW = f"file:///models/a@{OLD_DIGEST}", f"file:///models/b@{NEW_DIGEST}"
CHECKPOINTS = "pvc://models/checkpoints/reviews"


def test_the_config_map_has_the_pointer_and_the_template_while_it_has_none() -> None:
    assert parse_in_place(mounting(live=OLD), config_map(NEW)).pointer == NEW
    assert parse_in_place(mounting(live=OLD), config_map()).pointer == OLD
    assert parse_in_place(mounting(), config_map()).pointer == ""


def test_an_annotation_that_nothing_reads_is_no_pointer() -> None:
    found = mounting(live=OLD)
    found["spec"]["template"]["spec"]["containers"][0]["env"] = []
    assert parse_in_place(found, config_map()).pointer == ""


def test_its_servers_see_what_is_on_their_claims() -> None:
    view = parse_in_place(mounting(), config_map())
    assert view.objection_to(CHECKPOINTS) == "" and view.reads_pointer
    assert view.to_server_uri(f"{CHECKPOINTS}/one") == "file:///models/checkpoints/reviews/one"
    assert view.to_claim_uri("file:///models/a") == "pvc://models/a"
    assert "doesn't mount claim 'others'" in view.objection_to("pvc://others/a")


PROJECTED = {"name": "pointer", "projected": {"sources": [{"configMap": {"name": "reviews-pointer"}}]}}
ITEM = {"name": "pointer", "configMap": {"name": "reviews-pointer", "items": [{"key": "checkpoint", "path": "model"}]}}


@pytest.mark.parametrize("volume", [VOLUME, PROJECTED, ITEM], ids=["whole", "projected", "its key"])
def test_a_volume_that_follows_the_config_map_is_read(volume: dict[str, Any]) -> None:
    assert parse_in_place(mounting(volume=volume), config_map()).reads_pointer


OTHER_KEY = {"name": "pointer", "configMap": {"name": "reviews-pointer", "items": [{"key": "previous", "path": "a"}]}}
UNWIRED = {
    "no ConfigMap": (mounting(), None, "there is no ConfigMap reviews-pointer: create it"),
    "an immutable one": (mounting(), config_map() | {"immutable": True}, "is immutable"),
    "a subPath": (mounting(MOUNT | {"subPath": "checkpoint"}), config_map(), "without subPath"),
    "another one": (
        mounting(volume={"name": "pointer", "configMap": {"name": "others"}}),
        config_map(),
        "no container mounts ConfigMap reviews-pointer",
    ),
    "another key": (mounting(volume=OTHER_KEY), config_map(), "no container mounts ConfigMap reviews-pointer"),
    "the node's network": (
        merge(mounting(), {"spec": {"template": {"spec": {"hostNetwork": True}}}}),
        config_map(),
        "hostNetwork",
    ),
}


@pytest.mark.parametrize(("found", "data", "words"), UNWIRED.values(), ids=UNWIRED.keys())
def test_what_objects(found: dict[str, Any], data: dict[str, Any] | None, words: str) -> None:
    view = parse_in_place(found, data)
    assert words in view.objection_to(CHECKPOINTS) and words in view.objection_to_pointer(OLD) and words in view.wiring
    assert not view.reads_pointer


def test_one_that_may_not_be_read_says_so() -> None:
    assert parse_in_place(mounting(), None, "you may not").objection_to(CHECKPOINTS) == "you may not"


def test_a_container_without_a_port_cant_be_asked() -> None:
    found = mounting()
    del found["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert "names no port" in parse_in_place(found, config_map()).problem and port_of(found) is None


def test_the_port_is_the_one_named_http() -> None:
    assert port_of(mounting()) == 80


def test_who_changed_it_is_named() -> None:
    view = parse_in_place(mounting(), config_map(OLD, manager="kubectl-edit"))
    words = describe_change(view, NEW)
    assert words.startswith(f"key checkpoint of ConfigMap reviews-pointer was set to {OLD}")
    assert 'by field manager "kubectl-edit"' in words and view.pointer_managers == ("kubectl-edit",)


REFUSES = answering("b", OLD, NEW, state="failed", reason="refused", error="has the digest x", attempts=2)
ONCE = answering("b", OLD, NEW, state="failed", reason="refused", error="doesn't exist", attempts=1)
NO_ROOM = answering("b", OLD, NEW, state="failed", reason="room", error="a second model needs", attempts=2)
SILENT = PodModel("b", silence="no answer at port 80")
THERE = answering("a", NEW)

ROLLOUTS = {
    "both there": (in_place(NEW, THERE, answering("b", NEW)), Complete()),
    "one hasn't read it": (
        in_place(NEW, THERE, answering("b", OLD)),
        Progressing(
            f"1 of 2 pods answer with b@{NEW_DIGEST[7:19]}; pod b hasn't read the pointer yet, which takes the kubelet "
            "up to 90 s"
        ),
    ),
    "one loads it": (
        in_place(NEW, THERE, answering("b", OLD, NEW, state="loading")),
        Progressing(f"1 of 2 pods answer with b@{NEW_DIGEST[7:19]}; pod b: loading"),
    ),
    "one refuses it": (in_place(NEW, THERE, REFUSES), Failed("pod b: has the digest x")),
    "one has no room": (in_place(NEW, THERE, NO_ROOM), Failed("pod b: a second model needs")),
    "one failed once": (
        in_place(NEW, THERE, ONCE),
        Progressing(f"1 of 2 pods answer with b@{NEW_DIGEST[7:19]}; pod b: doesn't exist"),
    ),
    "one is silent": (
        in_place(NEW, THERE, SILENT),
        Progressing(f"1 of 2 pods answer with b@{NEW_DIGEST[7:19]}; pod b can't be asked: no answer at port 80"),
    ),
    "nobody was asked": (in_place(NEW), Progressing(f"0 of 2 pods answer with b@{NEW_DIGEST[7:19]}")),
    "a third that wasn't counted yet": (
        in_place(NEW, THERE, answering("b", NEW), answering("c", OLD)),
        Progressing(
            f"2 of 2 pods answer with b@{NEW_DIGEST[7:19]}; pod c hasn't read the pointer yet, which takes the kubelet "
            "up to 90 s"
        ),
    ),
    "a pod that restarts": (
        in_place(NEW, THERE, availableReplicas=1),
        Progressing("2 of 2 pods updated, 1 available"),
    ),
}


@pytest.mark.parametrize(("target", "expected"), ROLLOUTS.values(), ids=ROLLOUTS.keys())
def test_a_rollout_is_complete_where_each_pod_answers_with_it(target: Any, expected: Any) -> None:
    assert target.rollout_to(NEW) == expected


def test_the_way_back_to_the_initial_model_is_one_too() -> None:
    assert in_place("", answering("a", ""), answering("b", "")).rollout_to("") == Complete()
    assert isinstance(in_place("", answering("a", ""), answering("b", NEW)).rollout_to(""), Progressing)
    assert isinstance(in_place("", SILENT, SILENT).rollout_to(""), Progressing), "a silent pod isn't on the initial one"


def test_nothing_rolls_out_where_there_is_no_pod() -> None:
    target = parse_in_place(merge(mounting(), {"spec": {"replicas": 0}}), config_map(NEW))
    assert target.rollout_to(NEW) == Halted("the Deployment is at zero replicas")


def test_only_what_is_wrong_in_itself_is_the_weights() -> None:
    assert are_weights_refused([THERE, REFUSES], NEW)
    assert not are_weights_refused([THERE, NO_ROOM], NEW) and not are_weights_refused([THERE, ONCE], NEW)
    assert not are_weights_refused([REFUSES], OLD), "what was refused before this pointer doesn't count"


def test_a_message_names_three_pods() -> None:
    rollout = rollout_in_place(Complete(), 5, [answering(name, OLD) for name in "abcde"], NEW)
    assert isinstance(rollout, Progressing)
    assert rollout.message.count("hasn't read") == 3 and rollout.message.endswith("; 2 more")


def test_an_evicted_pod_and_one_that_goes_dont_count() -> None:
    here = {"metadata": {"name": "a"}, "status": {"phase": "Running"}}
    evicted = {"metadata": {"name": "b"}, "status": {"phase": "Failed", "reason": "Evicted"}}
    going = {"metadata": {"name": "c", "deletionTimestamp": "2026-11-25T08:00:00Z"}, "status": {"phase": "Running"}}
    assert [is_staying(pod) for pod in (here, evicted, going, {"metadata": {"name": "d"}})] == [
        True,
        False,
        False,
        True,
    ]


def test_the_first_silent_pod_is_named() -> None:
    assert silent_pods([THERE, SILENT]) == "pod b can't be asked: no answer at port 80" and silent_pods([THERE]) == ""
