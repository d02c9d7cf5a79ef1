"""What the proxy of the fault tests notes: names of calls, requests out of the namespace, the secret on its way."""

import json

import pytest

from tests.faults.record import Record, is_stray

SPACE = "/apis/refit.dev/v1alpha1/namespaces/shop"
STATUS = json.dumps({"status": {"stage": "Judging"}}).encode()


def test_calls_are_counted_by_what_they_say() -> None:
    record = Record("shop", "s3cr3t")
    for method, path, body in (
        ("GET", f"{SPACE}/retrainruns", b""),
        ("POST", f"{SPACE}/retrainruns", b"{}"),
        ("PUT", f"{SPACE}/retrainruns/one/status", STATUS),
        ("POST", "/apis/events.k8s.io/v1/namespaces/shop/events", b"{}"),
        ("PUT", f"{SPACE}/retrainruns/one/status", STATUS),
    ):
        record.note(method, path, body)
    names = ["POST retrainruns#1", "PUT retrainruns/status Judging#1", "PUT retrainruns/status Judging#2"]
    assert [call.name for call in record.calls] == names
    assert (record.strays, record.leaks) == (set(), set())


def test_the_secret_is_seen_in_an_event_too() -> None:
    record = Record("shop", "s3cr3t")
    record.note("POST", "/apis/events.k8s.io/v1/namespaces/shop/events", b'{"note": "asked with s3cr3t"}')
    assert record.leaks == {"POST /apis/events.k8s.io/v1/namespaces/shop/events"}


def test_a_leader_that_renews_its_lease_is_quiet() -> None:
    record = Record("shop", "s3cr3t")
    assert record.note("PUT", "/apis/coordination.k8s.io/v1/namespaces/shop/leases/refit-operator", b"{}") is None
    assert record.last == 0.0


@pytest.mark.parametrize(
    ("path", "stray"),
    [
        ("/api", False),
        ("/apis/batch/v1", False),
        ("/version", False),
        ("/openapi/v3/apis/refit.dev/v1alpha1", False),
        ("/openapi/v3/apis/apps/v1", True),
        (f"{SPACE}/modelmonitors", False),
        ("/apis/refit.dev/v1alpha1/modelmonitors", True),
        ("/apis/refit.dev/v1alpha1/namespaces/bank/modelmonitors", True),
        ("/api/v1/namespaces", True),
        ("/api/v1/nodes", True),
        ("/api/v1/nodes/first", False),
        ("/api/v1/persistentvolumes/models", False),
        ("/api/v1/nodes/first/proxy", True),
    ],
)
def test_what_leads_out_of_the_namespace(path: str, stray: bool) -> None:
    assert is_stray("GET", path, "shop") is stray


def test_nodes_and_volumes_are_only_read() -> None:
    assert is_stray("DELETE", "/api/v1/nodes/first", "shop")


def test_each_of_several_faults_has_its_seconds() -> None:
    record = Record("shop", "s3cr3t")
    jobs = [record.note("POST", f"{SPACE}/jobs", b"{}") for _ in range(4)]
    first, under_way, second, last = (job for job in jobs if job)
    second.came = last.came = float("inf")
    record.fall(first)
    record.answered(under_way, 201)
    assert record.falls == {"POST jobs#1": 0.0}
    record.answered(second, 201)
    record.fall(second)
    assert record.falls["POST jobs#1"] > 0.0
    assert (record.falls["POST jobs#3"], record.wrote_again) == (0.0, 0.0)
    record.answered(last, 201)
    assert record.falls["POST jobs#3"] == record.seconds > 0.0


def test_seconds_are_those_to_the_next_write_that_succeeds() -> None:
    record = Record("shop", "s3cr3t", fell=1.0)
    record.answered(record.note("POST", f"{SPACE}/retrainruns", b"{}"), 409)
    assert record.seconds == 0.0
    record.answered(record.note("GET", f"{SPACE}/retrainruns", b""), 200)
    assert record.seconds == record.heard_again - 1.0
    record.answered(record.note("POST", f"{SPACE}/retrainruns", b"{}"), 201)
    assert record.seconds == record.wrote_again - 1.0
