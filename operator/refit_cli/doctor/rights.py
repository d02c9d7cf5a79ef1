"""What the operator's account may do in a monitor's namespace, by what the monitor's spec needs."""

from collections.abc import Iterator
from dataclasses import dataclass

from refit_cli.cluster import Cluster
from refit_cli.doctor.checks import Examined, fail, ok, skipped
from refit_cli.exits import Failed
from refit_cli.objects import Seen
from refit_operator.api.pointer import config_map_name
from refit_operator.api.serving import Update
from refit_operator.api.shadow import shadow_name
from refit_operator.target.rules.kinds import KINDS

ACCOUNT = "refit-operator"
"""The operator's ServiceAccount: the policies know it by that name."""
Right = tuple[str, str, str, str]
"""API group, resource, verb, and the name of an object, empty for any."""


@dataclass(frozen=True)
class Operator:
    """Where the operator is installed, and what its Lease is called; several in a cluster have one account."""

    namespace: str = "refit-system"
    name: str = ACCOUNT

    @property
    def account(self) -> str:
        """Who it is to the API server."""
        return f"system:serviceaccount:{self.namespace}:{ACCOUNT}"

    @property
    def groups(self) -> list[str]:
        """The groups that every ServiceAccount is in."""
        return ["system:serviceaccounts", f"system:serviceaccounts:{self.namespace}", "system:authenticated"]


def needed_rights(seen: Seen) -> list[Right]:
    """Return what the operator's account needs in the namespace: the usual, and what this monitor has to be lent."""
    spec = seen.monitor.spec
    kind, target = KINDS[spec.serving.target_ref.kind], spec.serving.target_ref.name
    group = kind.api_version.partition("/")[0] if "/" in kind.api_version else ""
    rights: list[Right] = [("batch", "jobs", "create", ""), (group, kind.plural, "patch", "")]
    rights += [("", "secrets", "get", key.name) for key in spec.prometheus.secret_keys]
    if spec.serving.update is Update.IN_PLACE:
        rights += [("", "configmaps", verb, config_map_name(target)) for verb in ("get", "patch")]
    if spec.verification.shadow:
        objects = (("apps", "deployments"), ("", "services"))
        rights += [(*each, *right) for each in objects for right in (("create", ""), ("delete", shadow_name(target)))]
    return list(dict.fromkeys(rights))


def examine_rights(cluster: Cluster, seen: Seen, operator: Operator) -> Iterator[Examined]:
    """Ask what the operator's account may do; one line says so where the user may not ask."""
    for group, resource, verb, name in needed_rights(seen):
        asked = {"namespace": cluster.namespace, "group": group, "resource": resource, "verb": verb, "name": name}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
        who = {"user": operator.account, "groups": operator.groups}
        what = f"{verb} {resource}{f' {name}' if name else ''}"
        try:
            answer = cluster.post(
                "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                body | {"spec": who | {"resourceAttributes": asked}},
            )
        except Failed:
            yield skipped("rights", "you may not ask what the operator's account may do (subjectaccessreviews)")
            return
        may = bool(answer["status"].get("allowed"))
        yield ok("rights", f"the operator may {what}") if may else fail("rights", f"the operator may not {what}")
