"""`kubectl refit doctor MONITOR`: what in this cluster would keep the monitor from working."""

from collections.abc import Callable, Iterator
from typing import Any

import typer
from rich.markup import escape

from refit_cli import doctor_checks as checks
from refit_cli.cluster import CLAIM, POD, Cluster, Document, Resource, connect
from refit_cli.doctor_checks import Examined, Health, fail, ok, skipped
from refit_cli.exits import Exit, Failed
from refit_cli.lint.monitor import lint
from refit_cli.objects import Seen, see
from refit_cli.options import Context, Kubeconfig, MonitorName, Namespace, Output
from refit_cli.output import Format, console, print_data, table
from refit_cli.status import observe
from refit_operator.api.run import RetrainRun
from refit_operator.api.serving import Update
from refit_operator.monitor.rules.decide import start_run
from refit_operator.monitor.rules.decision import Observed
from refit_operator.run.rules.manifests.job import build_job
from refit_operator.target.rules.kinds import KINDS

SYSTEM, NAME = "refit-system", "refit-operator"
"""Where the operator is installed, and what its Lease and its account are called."""
ACCOUNT = f"system:serviceaccount:{SYSTEM}:{NAME}"
MARKS = {
    Health.OK: "[green]✓[/]",
    Health.WARN: "[yellow]![/]",
    Health.FAIL: "[red]✗[/]",
    Health.SKIPPED: "[dim]-[/]",
}
Right = tuple[str, str, str, str]
"""API group, resource, verb, and the name of an object, empty for any."""


def command(
    name: MonitorName,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    output: Output = Format.TABLE,
) -> None:
    """Examine what a monitor needs: rights, Prometheus, target, claims, devices, queue, admission."""
    cluster = connect(namespace, context, kubeconfig)
    found = list(examine(cluster, see(cluster, name)))
    if output.is_data:
        print_data([each.to_json() for each in found], output)
    else:
        rows = [(MARKS[each.health], each.name, escape(each.message)) for each in found]
        console().print(table("", "CHECK", "FOUND", rows=rows, flexible="FOUND"))
    raise typer.Exit(Exit.FOUND if any(each.health is Health.FAIL for each in found) else Exit.OK)


def examine(cluster: Cluster, seen: Seen) -> Iterator[Examined]:
    """Yield what is found, in the order in which a monitor needs it."""
    monitor, o = seen.monitor, observe(cluster, seen)
    yield _allowed("operator", lambda: checks.examine_lease(_lease(cluster), seen.now))
    yield checks.examine_reconciled(monitor)
    yield checks.examine_spec(lint(seen.document))
    yield from _rights(cluster, seen)
    yield checks.examine_reading(monitor)
    yield from checks.examine_target(o)
    yield from _claims(cluster, seen)
    yield from _devices(cluster, seen)
    if monitor.spec.training.queue_name:
        yield _allowed("queue", lambda: _queue(cluster, monitor.spec.training.queue_name))
    yield _dry_run(cluster, o)


def _allowed(name: str, examined: Callable[[], Examined]) -> Examined:
    """Return what is found, or that this user may not look."""
    try:
        return examined()
    except Failed as failed:
        return skipped(name, str(failed))


def _lease(cluster: Cluster) -> Document | None:
    path = Resource("coordination.k8s.io/v1", "Lease", "leases").path(SYSTEM, NAME)
    response = cluster.send("GET", path, missing_ok=True)
    found: Document | None = response.json() if response.status == 200 else None
    return found


def needed_rights(seen: Seen) -> list[Right]:
    """Return what the operator's account needs in the namespace beyond what every installation gives it."""
    spec = seen.monitor.spec
    kind = KINDS[spec.serving.target_ref.kind]
    group = kind.api_version.partition("/")[0] if "/" in kind.api_version else ""
    rights: list[Right] = [("batch", "jobs", "create", ""), (group, kind.plural, "patch", "")]
    rights += [("", "secrets", "get", key.name) for key in spec.prometheus.secret_keys]
    if spec.serving.update is Update.IN_PLACE:
        rights.append(("", "configmaps", "patch", f"{spec.serving.target_ref.name}-pointer"))
    return list(dict.fromkeys(rights))


def _rights(cluster: Cluster, seen: Seen) -> Iterator[Examined]:
    """Ask what the operator's account may do; one line says so where the user may not ask."""
    for group, resource, verb, name in needed_rights(seen):
        asked = {"namespace": cluster.namespace, "group": group, "resource": resource, "verb": verb, "name": name}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
        what = f"{verb} {resource}{f' {name}' if name else ''}"
        try:
            answer = cluster.post(
                "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                body | {"spec": {"user": ACCOUNT, "groups": _groups(), "resourceAttributes": asked}},
            )
        except Failed:
            yield skipped("rights", "you may not ask what the operator's account may do (subjectaccessreviews)")
            return
        may = bool(answer["status"].get("allowed"))
        yield ok("rights", f"the operator may {what}") if may else fail("rights", f"the operator may not {what}")


def _groups() -> list[str]:
    return ["system:serviceaccounts", f"system:serviceaccounts:{SYSTEM}", "system:authenticated"]


def _claims(cluster: Cluster, seen: Seen) -> Iterator[Examined]:
    try:
        yield from checks.examine_claims(seen.monitor, cluster.list_objects(CLAIM))
    except Failed as failed:
        yield skipped("claims", str(failed))


def _devices(cluster: Cluster, seen: Seen) -> Iterator[Examined]:
    if not checks.accelerators(seen.monitor):
        return
    try:
        nodes = cluster.send("GET", "/api/v1/nodes").json()["items"]
        yield from checks.examine_devices(seen.monitor, nodes)
    except Failed as failed:
        yield skipped("devices", str(failed))


def _queue(cluster: Cluster, name: str) -> Examined:
    for version in ("v1beta2", "v1beta1"):
        path = Resource(f"kueue.x-k8s.io/{version}", "LocalQueue", "localqueues").path(cluster.namespace, name)
        response = cluster.send("GET", path, missing_ok=True)
        if response.status == 200:
            return _active(name, response.json())
    return fail("queue", f"there is no LocalQueue {name} here, or Kueue isn't installed: Jobs would stay suspended")


def _active(name: str, queue: Document) -> Examined:
    found = (each for each in (queue.get("status") or {}).get("conditions") or () if each["type"] == "Active")
    active: Document = next(found, {})
    if active.get("status") == "False":
        return fail("queue", f"LocalQueue {name} isn't active: {active.get('message', '')}")
    return ok("queue", f"LocalQueue {name} is there")


def pod_of_a_run(o: Observed) -> Document:
    """Return the pod that the next run's Job would make."""
    body = start_run(o).body
    identity: dict[str, Any] = {"uid": "dry-run", "creationTimestamp": o.now.isoformat()}
    run = RetrainRun.model_validate(body | {"metadata": body["metadata"] | identity})
    template = build_job(run)["spec"]["template"]
    meta = {"namespace": run.metadata.namespace, "generateName": f"{run.metadata.name}-doctor-"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": template["metadata"] | meta, "spec": template["spec"]}


def _dry_run(cluster: Cluster, o: Observed) -> Examined:
    """Have the API server admit the pod of a run, without making it."""
    if o.target is None or not o.served:
        return skipped("pod of a run", "without a target and a model that serves there is none to try")
    try:
        cluster.send("POST", POD.path(cluster.namespace), {"dryRun": "All"}, pod_of_a_run(o))
    except Failed as failed:
        mine = "cannot create resource" in str(failed)
        return (
            skipped("pod of a run", f"you may not create pods here: {failed}")
            if mine
            else checks.examine_dry_run(str(failed))
        )
    return checks.examine_dry_run("")
