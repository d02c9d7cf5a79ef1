"""The operator does nothing for the writer of a monitor that the writer may not do: each right is asked for."""

import json
from typing import Any

import pytest

from tests.hostile.schema import LARGE, deep
from tests.hostile.writers import FORBIDDEN, GOOD_IMAGE, IMAGES, MANY, pod, volumes
from tests.support.cluster.kubectl import Refused, Space
from tests.support.cluster.objects import monitor, target
from tests.support.cluster.tenants import JOBS, TARGETS, allowing_here, answer, core, tenant
from tests.support.local import until


def creates(space: Space, user: str, **change: Any) -> str:
    """Return what the user is answered; `pytest -rP` shows it."""
    said = answer(space, user, "create", document=monitor(**change))
    print(f"{user}: {json.dumps(change)}\n    {said.strip()}")
    return said


@pytest.fixture(scope="module")
def modest(shared: Space) -> str:
    """A user with Jobs and one Deployment, and of Secrets and ConfigMaps only their own."""
    return tenant(shared, "modest", JOBS, TARGETS, core("secrets", "get", "mine"), core("configmaps", "get", "mine"))


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_the_writer_may_not_do_no_monitor_does_for_them(shared: Space, modest: str, name: str) -> None:
    change, words = FORBIDDEN[name]
    assert words in creates(shared, modest, **change)


def test_who_may_create_no_job_writes_no_monitor(shared: Space) -> None:
    assert "you may not create Jobs in namespace" in creates(shared, tenant(shared, "nobody", TARGETS))


def test_who_may_not_change_the_target_writes_no_monitor(shared: Space) -> None:
    assert "you may not change Deployment reviews" in creates(shared, tenant(shared, "trainer", JOBS))


def test_what_the_writer_may_do_a_monitor_does(shared: Space, modest: str) -> None:
    assert "created" in creates(shared, modest, **volumes({"secret": {"secretName": "mine"}}))
    boss = tenant(shared, "boss", JOBS, TARGETS, core("secrets", "get"), core("serviceaccounts", "impersonate", "boss"))
    assert "created" in creates(shared, boss, **MANY)
    assert "created" in creates(shared, boss, **pod(serviceAccountName="boss"))


def test_a_change_is_asked_about_like_a_creation(space: Space) -> None:
    user = tenant(space, "weak", core("secrets", "get"))
    space.apply(target(spec={"replicas": 0}), monitor(suspend=True))
    asked = json.dumps({"metadata": {"annotations": {"refit.dev/retrain-requested-at": "2026-11-24T12:00:00Z"}}})
    for patch in ('{"spec":{"suspend":false}}', asked):
        said = answer(space, user, "patch", "mmon", "reviews", "--type=merge", "-p", patch)
        assert "you may not create Jobs in namespace" in said
    label = '{"metadata":{"labels":{"team":"nlp"}}}'
    assert "patched" in answer(space, user, "patch", "mmon", "reviews", "--type=merge", "-p", label)


def test_images_are_those_that_the_administrator_allows(space: Space) -> None:
    user = tenant(space, "writer", JOBS, TARGETS)
    with allowing_here(space, images=str(list(IMAGES))):
        refused = "image evil.example/x is not among those that the administrator allows"
        until(lambda: refused in creates(space, user, training={"image": "evil.example/x"}), 30, "not in force")
        assert refused in creates(space, user, gate={"image": "evil.example/x"}, training={"image": GOOD_IMAGE})
        for image in (GOOD_IMAGE, IMAGES[1]):
            assert "created" in creates(space, user, training={"image": image}, gate={"image": image})


@pytest.mark.parametrize("name", LARGE)
def test_a_monitor_of_more_than_64_kb_is_refused(shared: Space, name: str) -> None:
    document, words = LARGE[name]
    with pytest.raises(Refused, match=f"{words}.* bytes"):
        shared.run("create", "-f", "-", stdin=json.dumps(document))


def test_what_is_not_in_the_schema_is_refused_however_deep(shared: Space) -> None:
    with pytest.raises(Refused, match="unknown field"):
        shared.run("create", "-f", "-", stdin=json.dumps(monitor(**pod(affinity=deep(480)))))
