"""What etcd is asked where the API server has forgotten: the events of the kind that was watched, and of no other."""

from base64 import b64decode, b64encode
from typing import Any

import pytest

from tests.faults.history import parse, request
from tests.faults.observer import KINDS, MONITORS, RUNS


def asked(kind: str, namespace: str) -> tuple[str, str, str]:
    """Return from where to where, and from which version on."""
    found: Any = request(kind, namespace, 41)["create_request"]
    return (*(b64decode(found[end]).decode() for end in ("key", "range_end")), found["start_revision"])


def test_the_kind_that_was_watched_is_asked_for() -> None:
    assert asked(RUNS, "shop")[0] == "/registry/refit.dev/retrainruns/shop/"
    assert asked(MONITORS, "shop") == (
        "/registry/refit.dev/modelmonitors/shop/",
        "/registry/refit.dev/modelmonitors/shop0",
        "42",
    )


def test_without_a_namespace_all_are_asked_for() -> None:
    assert asked(MONITORS, "")[:2] == ("/registry/refit.dev/modelmonitors/", "/registry/refit.dev/modelmonitors0")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in (MONITORS, RUNS)])
def test_what_etcd_has_in_another_form_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="can't be read from etcd"):
        request(kind, "shop", 41)


def test_a_deletion_is_told_with_what_there_was() -> None:
    stored = {"value": b64encode(b'{"kind": "ModelMonitor", "metadata": {"resourceVersion": "7"}}').decode()}
    assert parse({"type": "DELETE", "kv": {"mod_revision": "9"}, "prev_kv": stored}) == {
        "type": "DELETED",
        "object": {"kind": "ModelMonitor", "metadata": {"resourceVersion": "9"}},
    }
