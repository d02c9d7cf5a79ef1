"""Whether the claims that a run mounts are there, have a volume or will have one, and can be mounted."""

from refit_cli.doctor.checks import Document, Examined, fail, ok, warn
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.uris import parse_claim_uri


def claims_of(monitor: ModelMonitor) -> dict[str, str]:
    """Return the claims that a run needs, each with the field that names it."""
    training, serving = monitor.spec.training, monitor.spec.serving
    uris = {
        "training.dataset.train": training.dataset.train,
        "training.dataset.holdout": training.dataset.holdout,
        "training.checkpoints.uri": training.checkpoints.uri,
        "training.baseModel": training.base_model or "",
        "serving.initialModel": serving.initial_model or "",
    }
    places = {field: parse_claim_uri(uri) for field, uri in uris.items()}
    found = {field: place.claim for field, place in places.items() if place}
    mounted = [(each.name, each.persistent_volume_claim) for each in training.pod_template.volumes]
    found |= {f"training.podTemplate.volumes {name}": claim.claim_name for name, claim in mounted if claim}
    return {claim: field for field, claim in reversed(found.items())}


def examine_claims(
    monitor: ModelMonitor, claims: list[Document], classes: list[Document] | None = None
) -> list[Examined]:
    """Return whether each claim is there and can be mounted where it has to be; `classes` are None where unknown."""
    known = {claim["metadata"]["name"]: claim for claim in claims}
    wanted = sorted(claims_of(monitor).items())
    return [_claim(name, field, known.get(name), monitor, classes) for name, field in wanted]


def _claim(
    name: str, field: str, claim: Document | None, monitor: ModelMonitor, classes: list[Document] | None
) -> Examined:
    what = f"claim {name}"
    if claim is None:
        return fail(what, f"{field} names it, and there is no such PersistentVolumeClaim")
    phase, modes = (claim.get("status") or {}).get("phase"), claim["spec"].get("accessModes") or []
    if phase == "Lost":
        return fail(what, "its volume is lost")
    if "ReadWriteOncePod" in modes:
        return fail(what, "is ReadWriteOncePod: a server and a trainer can't mount it at once")
    if monitor.spec.training.num_nodes > 1 and not {"ReadWriteMany", "ReadOnlyMany"} & set(modes):
        return fail(
            what, f"is {', '.join(modes)}, and training.numNodes {monitor.spec.training.num_nodes} needs many nodes"
        )
    return ok(what, f"{phase}, {', '.join(modes)}") if phase == "Bound" else _unbound(what, phase, claim, classes)


def _unbound(what: str, phase: str | None, claim: Document, classes: list[Document] | None) -> Examined:
    """Return whether a claim that has no volume is going to have one."""
    name = claim["spec"].get("storageClassName")
    if not name:
        without = "and no StorageClass makes one: a PersistentVolume has to be made for it"
        return fail(what, f"is {phase}: it has no volume, {without}") if name == "" else warn(what, f"is {phase}")
    if classes is None:
        return warn(what, f"is {phase}: it has no volume yet; you may not read StorageClasses")
    found = next((each for each in classes if each["metadata"]["name"] == name), None)
    if found is None:
        there = ", ".join(sorted(each["metadata"]["name"] for each in classes)) or "none"
        return fail(what, f"is {phase}: there is no StorageClass {name!r} (there are: {there})")
    if found.get("volumeBindingMode") == "WaitForFirstConsumer":
        return ok(what, f"is {phase}: StorageClass {name} makes its volume for the first pod that mounts it")
    return warn(what, f"is {phase}: StorageClass {name} hasn't made its volume yet")
