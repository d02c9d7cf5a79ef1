"""Whether the Secrets and ConfigMaps that a monitor names are there, with the keys: no dry run asks for them."""

from collections.abc import Iterator
from dataclasses import dataclass

from refit_cli.cluster import CONFIG_MAP, Api, Document, Resource
from refit_cli.doctor.checks import Examined, fail, ok, skipped
from refit_cli.exits import Failed
from refit_operator.api.monitor import ModelMonitor
from refit_operator.api.pod import LocalRef, PodTemplate

SECRET = Resource("v1", "Secret", "secrets")


@dataclass(frozen=True)
class Reference:
    """What a field names: an object, and one key of it where it names one."""

    field: str
    resource: Resource
    name: str
    key: str = ""


def references_of(monitor: ModelMonitor) -> list[Reference]:
    """Return what a monitor names, each object and key once."""
    training, template = monitor.spec.training, monitor.spec.training.pod_template
    found = [Reference("prometheus", SECRET, each.name, each.key) for each in monitor.spec.prometheus.secret_keys]
    for source in training.train_env_from:
        found += _objects("training.trainEnvFrom", source.secret_ref, source.config_map_ref)
    found += _of_the_pod(template)
    return list({(each.resource.kind, each.name, each.key): each for each in reversed(found)}.values())[::-1]


def _of_the_pod(template: PodTemplate) -> Iterator[Reference]:
    for variable in template.env:
        source, field = variable.value_from, f"training.podTemplate.env {variable.name}"
        if source and source.secret_key_ref:
            yield Reference(field, SECRET, source.secret_key_ref.name, source.secret_key_ref.key)
        if source and source.config_map_key_ref:
            yield Reference(field, CONFIG_MAP, source.config_map_key_ref.name, source.config_map_key_ref.key)
    for volume in template.volumes:
        field = f"training.podTemplate.volumes {volume.name}"
        if volume.secret:
            yield Reference(field, SECRET, volume.secret.secret_name)
        yield from _objects(field, None, volume.config_map)
    for secret in template.image_pull_secrets:
        yield Reference("training.podTemplate.imagePullSecrets", SECRET, secret.name)


def _objects(field: str, secret: LocalRef | None, config_map: LocalRef | None) -> list[Reference]:
    found = [Reference(field, SECRET, secret.name)] if secret else []
    return found + ([Reference(field, CONFIG_MAP, config_map.name)] if config_map else [])


def examine_references(api: Api, monitor: ModelMonitor) -> Iterator[Examined]:
    """Yield whether each object is there, with its key."""
    for each in references_of(monitor):
        what = f"{each.resource.kind} {each.name}"
        try:
            yield _examined(what, each, api.read(each.resource, each.name))
        except Failed as failed:
            yield skipped(what, f"{each.field} names it; {failed}")


def _examined(what: str, asked: Reference, found: Document | None) -> Examined:
    if found is None:
        return fail(what, f"{asked.field} names it, and there is no such {asked.resource.kind}")
    keys = {*(found.get("data") or {}), *(found.get("binaryData") or {})}
    if asked.key and asked.key not in keys:
        return fail(what, f"{asked.field} names its key {asked.key!r}, and it has {', '.join(sorted(keys)) or 'none'}")
    return ok(what, f"is there{f', with key {asked.key!r}' if asked.key else ''}")
