"""What needs the cluster to be seen as wrong becomes a condition, and nothing is started."""

from datetime import UTC, datetime

from tests.support.cluster.apart import Apart
from tests.support.cluster.kubectl import Space
from tests.support.cluster.objects import CLAIMS, idle_target, monitor
from tests.support.cluster.targets import assert_one_waits
from tests.support.kstatus import Status, kstatus


def test_a_target_that_doesnt_exist(space: Space) -> None:
    space.apply(monitor())
    assert "no Deployment 'reviews'" in space.wait_condition("mmon/reviews", "Ready", "TargetMissing")
    assert "no Deployment" in space.run("describe", "mmon", "reviews")
    assert space.list("rr") == []


def test_a_monitor_that_no_operator_has_read_is_in_progress(apart: Apart) -> None:
    apart.space.apply(monitor())
    found = apart.space.get("mmon", "reviews")
    assert (found["status"]["observedGeneration"], kstatus(found)) == (-1, Status.IN_PROGRESS)
    with apart.operator():
        apart.space.wait("mmon/reviews", ".status.observedGeneration", str(found["metadata"]["generation"]))


def test_a_query_that_doesnt_parse(space: Space) -> None:
    space.apply(*CLAIMS, idle_target(), monitor(metric={"query": "sum(rate(x[5m])"}))
    assert "metric.query" in space.wait_condition("mmon/reviews", "Ready", "QueryRefused")
    space.wait_condition("mmon/reviews", "Stalled", "QueryRefused")


def test_a_query_that_returns_nothing(space: Space) -> None:
    space.apply(*CLAIMS, idle_target(), monitor(metric={"query": "nothing_like_this"}))
    space.wait_condition("mmon/reviews", "MetricAvailable", "NoData")
    assert space.wait_condition("mmon/reviews", "RetrainAllowed", "MetricUnavailable") == (
        "no data: the query returned nothing"
    )
    space.wait_condition("mmon/reviews", "Ready", "Monitoring")
    assert space.list("rr") == []


def test_a_prometheus_that_is_down(space: Space) -> None:
    down = {"serverAddress": "http://prometheus.monitoring:1"}
    space.apply(*CLAIMS, idle_target(), monitor(prometheus=down))
    space.wait_condition("mmon/reviews", "MetricAvailable", "QueryFailed", limit_s=90)
    assert space.list("rr") == []


def test_a_prometheus_that_nobody_allowed(space: Space) -> None:
    space.apply(*CLAIMS, idle_target(), monitor(prometheus={"serverAddress": "http://kubernetes.default"}))
    assert "isn't allowed" in space.wait_condition("mmon/reviews", "Ready", "SourceForbidden")
    space.wait_condition("mmon/reviews", "MetricAvailable", "QueryFailed")
    assert space.list("rr") == []


def test_a_secret_that_nobody_lent(space: Space) -> None:
    """Without the RoleBinding the operator may not read it; with one it misses the key; with the key it asks."""
    token = {"authentication": {"bearerTokenSecret": {"name": "prom", "key": "token"}}}
    space.run("create", "secret", "generic", "prom", "--from-literal=other=x")
    space.apply(*CLAIMS, idle_target(), monitor(prometheus=token, suspend=True))
    message = space.wait_condition("mmon/reviews", "Ready", "SourceForbidden")
    assert "bind ClusterRole refit-secrets" in message
    account = "--serviceaccount=refit-system:refit-operator"
    space.run("create", "rolebinding", "refit-secrets", "--clusterrole=refit-secrets", account)
    assert "no key 'token'" in space.wait_condition("mmon/reviews", "Ready", "SecretMissing")
    space.run("patch", "secret", "prom", "--type=merge", "-p", '{"stringData": {"token": "x"}}')
    space.wait_condition("mmon/reviews", "Ready", "Monitoring")


def test_a_guard_that_doesnt_hold(space: Space) -> None:
    space.apply(*CLAIMS, idle_target(), monitor(guards=[{"name": "never", "query": "vector(0)", "atLeast": 1}]))
    message = space.wait_condition("mmon/reviews", "RetrainAllowed", "GuardFailed")
    assert message == "guard never: 0 < atLeast 1"
    assert space.list("rr") == []


def test_a_request_starts_a_run_without_a_breach(space: Space) -> None:
    space.apply(*CLAIMS, idle_target(), monitor(metric={"query": "vector(0.9)"}))
    space.wait_condition("mmon/reviews", "WithinThreshold", "Within")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    space.run("annotate", "mmon/reviews", f"refit.dev/retrain-requested-at={now}")
    space.wait("mmon/reviews", ".status.attempts", "1")
    assert space.list("rr")[0]["spec"]["trigger"]["reason"] == "Manual"


def test_a_target_that_nobody_wired(space: Space) -> None:
    space.apply(*CLAIMS, idle_target(), monitor(training={"checkpoints": {"uri": "pvc://elsewhere/checkpoints"}}))
    message = space.wait_condition("mmon/reviews", "Ready", "TargetNotWired")
    assert "doesn't mount claim 'elsewhere'" in message


def test_two_monitors_on_one_target(space: Space) -> None:
    space.apply(*CLAIMS, idle_target(), monitor(suspend=True))
    space.wait_condition("mmon/reviews", "Ready", "Monitoring")
    space.apply(monitor("second", suspend=True, serving={"targetRef": {"name": "reviews"}}))
    assert_one_waits(space)
    assert space.list("rr") == []


def test_the_target_comes_later(space: Space) -> None:
    space.apply(monitor(suspend=True))
    space.wait_condition("mmon/reviews", "Ready", "TargetMissing")
    space.apply(*CLAIMS, idle_target())
    space.wait_condition("mmon/reviews", "Ready", "Monitoring")
