"""Each alert of the operator fires for real, of processes that are cut off from what they stand on: their runbooks are
followed to the end. docs/reliability/alerts.md has the table.
"""

from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.x509 import load_pem_x509_certificate

from refit_operator.api.served import JOB_REF, RUNS
from refit_operator.progress.certificates import LIFETIME
from tests.faults.clocks import shift, shiftable
from tests.faults.gate import Gate
from tests.matrix.stand import BREACH, GOOD, Source, stand
from tests.matrix.walk import ALLOWED
from tests.support.cluster.apart import Apart
from tests.support.cluster.cut_off import OPERATORS, Older, Slow, as_stranger, grant, may_read_only, operators_rules
from tests.support.cluster.kubectl import Space, cluster_environment
from tests.support.cluster.objects import CLAIMS, idle_target, monitor
from tests.support.cluster.on_call import Alerted, OnCall
from tests.support.cluster.refusing import WORDS, refused_statuses
from tests.support.local import free_port
from tests.support.prometheus.alerting import Alerting

pytestmark = pytest.mark.alerts
MONITORS = {"apiGroups": ["refit.dev"], "resources": ["modelmonitors"], "verbs": ["get", "list", "watch"]}
LEASES = {
    "apiGroups": ["coordination.k8s.io"],
    "resources": ["leases"],
    "verbs": ["get", "create", "update", "list"],
}
SECRETS = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "create", "update"]}
TEN = [f"reviews-{number}" for number in range(10)]


@pytest.fixture
def on_call(tmp_path: Path) -> Iterator[OnCall]:
    folder = tmp_path / "alerting"
    folder.mkdir()
    with Alerting(folder) as alerting:
        yield OnCall(alerting)


def watched(space: Space, *names: str, **spec: object) -> None:
    """Have monitors that only observe, each of a target of its own."""
    targets = [idle_target(name) for name in names]
    space.apply(*CLAIMS, *targets, *(monitor(name, suspend=True, **spec) for name in names))


def called(on_call: OnCall, alert: str, space: Space, name: str) -> Alerted:
    """Wait for an alert of a monitor."""
    return on_call.called_by(alert, namespace=space.name, monitor=name)


def prometheus_port() -> int:
    return urlsplit(cluster_environment()["REFIT_PROMETHEUS_URL"]).port or 9090


def test_reconciliations_and_writes_that_an_admission_policy_refuses(apart: Apart, on_call: OnCall) -> None:
    """Its metric is still read, so that no reading is overdue."""
    with apart.operator() as operator:
        on_call.alerting.watch(operator.port)
        watched(apart.space, "refused")
        apart.space.wait_condition("mmon/refused", "Ready", "Monitoring")
        with refused_statuses(apart.space):
            apart.space.run(
                "patch", "mmon", "refused", "--type=merge", "-p", '{"spec": {"metric": {"threshold": 0.4}}}'
            )
            writes = on_call.called_by("RefitWritesFail", resource="modelmonitors/status")
            assert "'code': '422'" in writes.look()
            fails = called(on_call, "RefitReconcileFails", apart.space, "refused")
            assert "ReconcileFailed" in fails.look() and WORDS in fails.look()
        for call in (fails, writes):
            call.until_over(120)


def test_an_operator_without_the_rights_to_read(apart: Apart, on_call: OnCall, tmp_path: Path) -> None:
    """It leads, and never reads anything: at first it may not even watch its monitors. kopf ends it within a minute."""
    space = apart.space
    config = str(as_stranger(space, tmp_path / "stranger"))
    watched(space, "unread")
    with apart.operator(KUBECONFIG=config) as operator:
        on_call.alerting.watch(operator.port)
        assert "'code': '403'" in on_call.called_by("RefitOperatorSilent").look()
    grant(space, "monitors", MONITORS)
    with apart.operator(KUBECONFIG=config) as operator:
        on_call.alerting.watch(operator.port)
        called(on_call, "RefitReconcileFails", space, "unread")
        silent = on_call.called_by("RefitOperatorSilent")
    grant(space, "all", *operators_rules())
    with apart.operator(KUBECONFIG=config, REFIT_PORT=str(operator.port)):
        space.wait_condition("mmon/unread", "MetricAvailable", "Value")
        on_call.until_scraped(operator.port)
        silent.until_over()


def test_a_target_that_may_not_be_read_any_more(apart: Apart, on_call: OnCall, tmp_path: Path) -> None:
    """The other monitor is read as before. A restart doesn't hide it: what a process never read is overdue as well."""
    space = apart.space
    config = str(as_stranger(space, tmp_path / "stranger"))
    grant(space, "all", *operators_rules())
    watched(space, "read", "unread")
    with apart.operator(KUBECONFIG=config) as operator:
        on_call.alerting.watch(operator.port)
        for name in ("read", "unread"):
            space.wait_condition(f"mmon/{name}", "MetricAvailable", "Value")
        grant(space, "all", *may_read_only("read", operators_rules()))
        overdue = called(on_call, "RefitReadingOverdue", space, "unread")
        assert f"{space.name}/unread was not read for" in overdue.summary
        fails = called(on_call, "RefitReconcileFails", space, "unread")
        assert "cannot get resource" in fails.look() and "ReconcileFailed" in overdue.look()
    overdue.until_over()
    with apart.operator(KUBECONFIG=config, REFIT_PORT=str(operator.port)):
        overdue = called(on_call, "RefitReadingOverdue", space, "unread")
        assert not on_call.alerting.alerts("RefitReadingOverdue", namespace=space.name, monitor="read")
        grant(space, "all", *operators_rules())
        overdue.until_over(120)
        fails.until_over()
        on_call.until_scraped(operator.port)


def test_a_prometheus_that_is_down_and_one_that_hangs(apart: Apart, on_call: OnCall) -> None:
    with Gate(prometheus_port()) as gate:
        settings = {"REFIT_PROMETHEUS_URL": f"http://127.0.0.1:{gate.port}"}
        with apart.operator(**settings) as operator:
            on_call.alerting.watch(operator.port)
            watched(apart.space, "asks", "asks-too")
            apart.space.wait_condition("mmon/asks-too", "MetricAvailable", "Value")
            gate.refuse()
            fail = on_call.called_by("RefitQueriesFail")
            assert "'result': 'Refused'" in fail.look()
            gate.accept()
            fail.until_over()
            gate.freeze()
            hangs = on_call.called_by("RefitCircuitOpen", 180)
            assert f"127.0.0.1:{gate.port}" in hangs.look()
            gate.thaw()
            hangs.until_over()


def test_an_api_server_that_is_slow_makes_the_queue_old(apart: Apart, on_call: OnCall) -> None:
    one_slot = {"REFIT_CONCURRENCY": "1"}
    with Slow(apart.space) as server, apart.operator(KUBECONFIG=server.kubeconfig(apart), **one_slot) as operator:
        on_call.alerting.watch(operator.port)
        watched(apart.space, *TEN[:6])
        for name in TEN[:6]:
            apart.space.wait_condition(f"mmon/{name}", "Ready", "Monitoring")
        server.delay_s = 8
        apart.space.run("patch", "mmon", *TEN[:6], "--type=merge", "-p", '{"spec": {"metric": {"threshold": 0.4}}}')
        call = on_call.called_by("RefitQueueOld", 200)
        call.look()
        overdue = on_call.called_by("RefitReadingOverdue", namespace=apart.space.name)
        assert "refit_workqueue_oldest_seconds" in overdue.look()
        server.delay_s = 0
        call.until_over()
        overdue.until_over()


def test_a_clock_that_is_wrong(apart: Apart, on_call: OnCall, tmp_path: Path) -> None:
    grant(apart.space, "leases", LEASES, to=OPERATORS)
    with apart.operator(REFIT_LEADER_ELECTION="true", **shiftable(tmp_path)) as operator:
        on_call.alerting.watch(operator.port)
        watched(apart.space, "timed")
        apart.space.wait_condition("mmon/timed", "Ready", "Monitoring")
        shift(operator, tmp_path, 3600)
        call = on_call.called_by("RefitClockWrong")
        assert "1h 0m" in call.summary or "59m" in call.summary
        call.look()
        shift(operator, tmp_path, -3600)
        call.until_over()


def expiry(space: Space) -> datetime:
    """Return when the certificate expires that is in the Secret."""
    data = space.get("secret", "refit-progress-tls")["data"]["tls.crt"]
    return load_pem_x509_certificate(b64decode(data)).not_valid_after_utc


def test_a_certificate_made_by_a_clock_that_was_years_behind(apart: Apart, on_call: OnCall, tmp_path: Path) -> None:
    """The clock was set right later: the process goes on, and its certificate ends too soon."""
    space, left = apart.space, timedelta(days=10)
    grant(space, "certificate", SECRETS, to=OPERATORS)
    progress = {"REFIT_PROGRESS_URL": f"https://progress.{space.name}.svc:1", "REFIT_PROGRESS_PORT": str(free_port())}
    behind = int((LIFETIME - left).total_seconds())
    with apart.operator(**progress, **shiftable(tmp_path, -behind)) as operator:
        on_call.alerting.watch(operator.port)
        operator.wait_for("/readyz", 200)
        shift(operator, tmp_path, behind)
        call = on_call.called_by("RefitCertificateExpires")
        assert "9d 23h" in call.summary
        call.look()
        before = expiry(space)
    with apart.operator(**progress, REFIT_PORT=str(operator.port)):
        operator.wait_for("/readyz", 200)
        on_call.until_scraped(operator.port)
        call.until_over()
        assert expiry(space) - before > LIFETIME - left - timedelta(days=1)


def metrics(value: float) -> str:
    return "".join(f'quality{{monitor="{name}"}} {value}\n' for name in TEN)


def test_a_metric_that_goes_wrong_for_all(apart: Apart, on_call: OnCall, tmp_path: Path) -> None:
    told = [GOOD]
    folder = tmp_path / "stand"
    folder.mkdir()
    with stand(apart.space, folder, Source.PLAIN, lambda _: metrics(told[-1])) as ours, apart.operator(**ALLOWED) as op:
        on_call.alerting.watch(op.port)
        metric = {"query": 'quality{monitor="$(name)"}', "interval": "2s"}
        targets = [idle_target(name) for name in TEN]
        apart.space.apply(*CLAIMS, *targets, *(monitor(n, metric=metric, prometheus=ours.spec) for n in TEN))
        for name in TEN:
            apart.space.wait_condition(f"mmon/{name}", "WithinThreshold", "Within")
        told.append(BREACH)
        call = on_call.called_by("RefitMassBreach")
        assert f"monitors of {ours.address} fell into breach" in call.look()
        assert apart.space.list("rr") == []
        told.append(GOOD)
        call.until_over()


def test_operators_that_serve_the_same_namespace(apart: Apart, on_call: OnCall) -> None:
    grant(apart.space, "leases", LEASES, to=OPERATORS)
    often = {"REFIT_LEADER_ELECTION": "true", "REFIT_RESYNC_SECONDS": "3"}
    with apart.operator(REFIT_LEASE_NAME="first", **often) as first:
        on_call.alerting.watch(first.port)
        watched(apart.space, "shared")
        first.wait_for("/readyz", 200)
        with apart.operator(REFIT_LEASE_NAME="second", **often) as second:
            second.wait_for("/readyz", 200)
            call = on_call.called_by("RefitNamespacesOverlap")
            call.look()
            assert first.says("another operator serves the same namespaces")
        call.until_over()


def test_crds_that_are_older_than_the_operator(apart: Apart, on_call: OnCall) -> None:
    with Older(apart.space) as server:
        config = server.kubeconfig(apart)
        with apart.operator(KUBECONFIG=config) as operator:
            on_call.alerting.watch(operator.port)
            call = on_call.called_by("RefitCrdOutdated", crd=RUNS)
            call.look()
            assert operator.says(f"{server.lacks}.*older than the operator")
            port = operator.port
        server.lacks = ""
        with apart.operator(KUBECONFIG=config, REFIT_PORT=str(port)) as operator:
            operator.wait_for("/readyz", 200)
            on_call.until_scraped(port)
            call.until_over()
            assert operator.says("operator started") and not operator.says("older than the operator|not compared")


def test_crds_without_which_a_job_would_be_made_again(apart: Apart) -> None:
    with Older(apart.space) as server:
        server.lacks = JOB_REF
        with apart.operator(KUBECONFIG=server.kubeconfig(apart)) as operator:
            assert operator.ended(60) == 1
            assert operator.says(f"CrdTooOld: the CRD {RUNS} lacks {JOB_REF}")


def test_runs_whose_audit_documents_cant_be_written(apart: Apart, on_call: OnCall, tmp_path: Path) -> None:
    """What stands at the folder's place is no folder."""
    folder = tmp_path / "audit"
    folder.touch()
    with apart.operator(REFIT_AUDIT_FOLDER=str(folder)) as operator:
        on_call.alerting.watch(operator.port)
        fails = {"hyperparameters": {"fail": "no column 'label'"}}
        apart.space.apply(*CLAIMS, idle_target("kept"), monitor("kept", training=fails))
        call = on_call.called_by("RefitAuditNotWritten")
        call.look()
        assert operator.says("audit document not written yet")
        folder.unlink()
        call.until_over(120)
    assert list(folder.rglob("*.json"))


def test_a_process_that_ends_again_and_again(apart: Apart, on_call: OnCall) -> None:
    """It is killed, as by the kernel for want of memory, and started again at the address of before."""
    with apart.operator() as operator:
        on_call.alerting.watch(operator.port)
        on_call.until_scraped(operator.port)
    for _ in range(3):
        with apart.operator(REFIT_PORT=str(operator.port)):
            operator.wait_for("/readyz", 200)
            on_call.until_scraped(operator.port)
    call = on_call.called_by("RefitOperatorRestarts")
    down = on_call.called_by("RefitOperatorDown")
    with apart.operator(REFIT_PORT=str(operator.port)):
        down.until_over()
        call.until_over(120)
