"""Operators that are cut off from what they stand on: the API server that is slow, rights that they don't have."""

import asyncio
import json
from pathlib import Path

from aiohttp import web

from refit_operator.api.base import VERSION
from refit_operator.api.served import OPENAPI
from tests.faults.proxy import Proxy
from tests.faults.record import Record
from tests.support.cluster.apart import Apart
from tests.support.cluster.hosted import SERVICE_ACCOUNT, admin_config, trust, write_config
from tests.support.cluster.kubectl import Document, Space, kubectl
from tests.support.published import remove

RBAC = "rbac.authorization.k8s.io"
ACCOUNT = "stranger"
OPERATORS = {"kind": "ServiceAccount", "name": SERVICE_ACCOUNT, "namespace": "refit-system"}
"""The account of operators that are no strangers."""


class Slow(Proxy):
    """A proxy before the API server, behind which each request but a watch takes longer by so many seconds.

    A stand-in for a server that is overloaded: the real one is the whole cluster's.
    """

    delay_s = 0.0

    def __init__(self, space: Space) -> None:
        config = admin_config()
        super().__init__(config["clusters"][0]["cluster"]["server"], trust(config), (), Record(space.name, ACCOUNT))

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if not request.query.get("watch"):
            await asyncio.sleep(self.delay_s)
        return await super()._handle(request)

    def kubeconfig(self, apart: Apart) -> str:
        """Return the path of a kubeconfig for the operators there, by which they reach the API server through this."""
        path = Path(apart.kubeconfig)
        config = json.loads(path.read_text())
        config["clusters"][0]["cluster"] = {"server": f"http://127.0.0.1:{self.port}"}
        folder = path.parent / f"through-{self.port}"
        folder.mkdir()
        return str(write_config(folder, config))


class Older(Slow):
    """A proxy before the API server, by which its CRDs lack a field of a run's status.

    A stand-in: the kinds belong to the whole cluster, and with others fields of every run would be lost.
    """

    lacks = "status.auditTime"
    """Empty: they are those of the operator."""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.path != OPENAPI or not self.lacks:
            return await super()._handle(request)
        async with self._ask(request, b"") as answer:
            document = await answer.json()
        remove(document["components"]["schemas"][f"dev.refit.{VERSION}.RetrainRun"], self.lacks)
        return web.json_response(document)


def as_stranger(space: Space, folder: Path) -> Path:
    """Make an account of a namespace that has no rights; return its kubeconfig."""
    space.run("create", "serviceaccount", ACCOUNT)
    config = admin_config()
    config["users"][0]["user"] = {"token": space.run("create", "token", ACCOUNT, "--duration=1h").strip()}
    folder.mkdir()
    return write_config(folder, config)


def grant(space: Space, name: str, *rules: Document, to: Document | None = None) -> None:
    """Give that account, or another, these rights in the namespace, and under this name no others."""
    head = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": name}}
    subject = to or {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": space.name}
    role = {"apiGroup": RBAC, "kind": "Role", "name": name}
    space.apply(
        head | {"kind": "Role", "rules": list(rules)},
        head | {"kind": "RoleBinding", "roleRef": role, "subjects": [subject]},
    )


def operators_rules() -> list[Document]:
    """Return the rules of the ClusterRole that the operator is installed with."""
    return list(json.loads(kubectl("get", "clusterrole", "refit-operator", "-o", "json"))["rules"])


def may_read_only(target: str, rules: list[Document]) -> list[Document]:
    """Return these rules, but that of all Deployments only one may be read; as before, they are listed and watched."""
    return [each for rule in rules for each in _by_name(rule, target)]


def _by_name(rule: Document, target: str) -> list[Document]:
    if "deployments" not in rule["resources"]:
        return [rule]
    others = [verb for verb in rule["verbs"] if verb != "get"]
    return [rule | {"verbs": others}, rule | {"verbs": ["get"], "resourceNames": [target]}]
