"""`kubectl refit doctor MONITOR`: what in this cluster would keep the monitor from working."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.text import Text

from refit_cli.cluster import CLAIM, POD, Cluster, Document, Resource, connect
from refit_cli.doctor import checks
from refit_cli.doctor.checks import Examined, Health, fail, ok, skipped
from refit_cli.doctor.claims import examine_claims
from refit_cli.doctor.crds import examine_crds
from refit_cli.doctor.metric import examine_metric
from refit_cli.doctor.nodes import examine_nodes
from refit_cli.doctor.owners import examine_owners
from refit_cli.doctor.references import examine_references
from refit_cli.doctor.rights import Operator, examine_rights
from refit_cli.doctor.runs import examine_runs
from refit_cli.doctor.servers import Named
from refit_cli.exits import Exit, Failed
from refit_cli.lint.monitor import lint
from refit_cli.objects import Seen, see
from refit_cli.options import Context, Kubeconfig, MonitorName, Namespace, Output
from refit_cli.output import Format, console, print_data, table
from refit_cli.status import observe
from refit_operator.api.run import RetrainRun
from refit_operator.api.served import OPENAPI
from refit_operator.monitor.rules.decide import start_run
from refit_operator.monitor.rules.decision import Observed
from refit_operator.run.rules.manifests.job import build_job

MARKS = {
    Health.OK: "[green]✓[/]",
    Health.WARN: "[yellow]![/]",
    Health.FAIL: "[red]✗[/]",
    Health.SKIPPED: "[dim]-[/]",
}
ITS_OWN = Named()
STORAGE_CLASS = Resource("storage.k8s.io/v1", "StorageClass", "storageclasses")
SUMMARY = (
    (Health.FAIL, "✗", "keeps it from working"),
    (Health.WARN, "!", "needs attention"),
    (Health.SKIPPED, "-", "couldn't be examined from here"),
)
OperatorNamespace = Annotated[
    str, typer.Option("--operator-namespace", help="The namespace in which the operator runs, and has its Lease.")
]
OperatorName = Annotated[str, typer.Option("--operator", help="The name of the operator's Lease.")]


def command(
    name: MonitorName,
    namespace: Namespace = "",
    context: Context = "",
    kubeconfig: Kubeconfig = "",
    output: Output = Format.TABLE,
    operator_namespace: OperatorNamespace = Operator.namespace,
    operator: OperatorName = Operator.name,
    prometheus: Annotated[str, typer.Option("--prometheus", help="A server's URL that this machine reaches.")] = "",
    service: Annotated[str, typer.Option("--service", help="A server as namespace/service:port, by proxy.")] = "",
) -> None:
    """Examine what a monitor needs: rights, Prometheus, target, claims, nodes, queue, admission, runs."""
    if prometheus and service:
        raise Failed(Exit.USAGE, "give no more than one of --prometheus and --service")
    cluster = connect(namespace, context, kubeconfig)
    where = Operator(operator_namespace, operator)
    found = list(examine(cluster, see(cluster, name), where, Named(prometheus, service)))
    if output.is_data:
        print_data([each.to_json() for each in found], output)
    else:
        console().print(render(found))
    raise typer.Exit(Exit.FOUND if any(each.health is Health.FAIL for each in found) else Exit.OK)


def render(found: list[Examined]) -> RenderableType:
    """Return the screen; what keeps the monitor from working stands out, and is named once more below."""
    return Group(table("", "CHECK", "FOUND", rows=map(_row, found), flexible="FOUND"), "", Text(_summary(found)))


def _row(each: Examined) -> tuple[str, str, str]:
    words = (each.name, escape(each.message))
    name, message = (f"[bold]{one}[/]" for one in words) if each.health is Health.FAIL else words
    return MARKS[each.health], name, message


def _summary(found: list[Examined]) -> str:
    names = {health: list(dict.fromkeys(each.name for each in found if each.health is health)) for health in Health}
    parts = [f"{sign} {words}: {', '.join(names[health])}" for health, sign, words in SUMMARY if names[health]]
    return "\n".join(parts) or "✓ nothing was found that would keep it from working"


def examine(cluster: Cluster, seen: Seen, operator: Operator, named: Named = ITS_OWN) -> Iterator[Examined]:
    """Yield what is found, in the order in which a monitor needs it."""
    monitor, o = seen.monitor, observe(cluster, seen)
    yield _allowed("operator", lambda: checks.examine_lease(_lease(cluster, operator), seen.now))
    yield _allowed("CRDs", lambda: examine_crds(cluster.send("GET", OPENAPI).json()))
    yield checks.examine_reconciled(monitor)
    yield checks.examine_spec(lint(seen.document))
    yield from examine_rights(cluster, seen, operator)
    yield from examine_metric(cluster, seen, operator, named)
    yield checks.examine_reading(monitor)
    yield from checks.examine_target(o)
    yield from examine_owners(o)
    yield from examine_references(cluster, monitor)
    yield from _claims(cluster, seen)
    yield from _nodes(cluster, seen)
    if monitor.spec.training.queue_name:
        yield _allowed("queue", lambda: _queue(cluster, monitor.spec.training.queue_name))
    yield _dry_run(cluster, o)
    yield from examine_runs(cluster, o)


def _allowed(name: str, examined: Callable[[], Examined]) -> Examined:
    """Return what is found, or that this user may not look."""
    try:
        return examined()
    except Failed as failed:
        return skipped(name, str(failed))


def _lease(cluster: Cluster, operator: Operator) -> Document | None:
    path = Resource("coordination.k8s.io/v1", "Lease", "leases").path(operator.namespace, operator.name)
    response = cluster.send("GET", path, missing_ok=True)
    found: Document | None = response.json() if response.status == 200 else None
    return found


def _claims(cluster: Cluster, seen: Seen) -> Iterator[Examined]:
    try:
        yield from examine_claims(seen.monitor, cluster.list_objects(CLAIM), _classes(cluster))
    except Failed as failed:
        yield skipped("claims", str(failed))


def _classes(cluster: Cluster) -> list[Document] | None:
    try:
        found: list[Document] = cluster.send("GET", STORAGE_CLASS.path("")).json()["items"]
    except Failed:
        return None
    return found


def _nodes(cluster: Cluster, seen: Seen) -> Iterator[Examined]:
    try:
        nodes = cluster.send("GET", "/api/v1/nodes").json()["items"]
        yield from examine_nodes(seen.monitor, nodes)
    except Failed as failed:
        yield skipped("nodes", str(failed))


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
    labels = {key: value for key, value in template["metadata"]["labels"].items() if not key.startswith("refit.dev/")}
    metadata = template["metadata"] | meta | {"labels": labels}  # those of ours are for the Job controller's pods
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


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
