"""The API server as the user reaches it: kubeconfig, context and rights are theirs. Every refusal is one sentence."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NoReturn, Protocol
from urllib.parse import quote

import urllib3.exceptions
from kubernetes import client, config
from kubernetes.config import incluster_config, kube_config

from refit_cli.exits import Exit, Failed
from refit_operator.api.base import API_VERSION

Document = dict[str, Any]
FIELD_MANAGER = "refit-cli"
TIMEOUT = 15
"""Seconds that one request may take."""
PAGE = 200


@dataclass(frozen=True)
class Resource:
    """What a kind is called in a path."""

    api_version: str
    kind: str
    plural: str

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of an object, or of all of a namespace; of all namespaces where that is empty."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        inside = f"/namespaces/{quote(namespace)}" if namespace else ""
        return f"{root}{inside}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


MONITOR = Resource(API_VERSION, "ModelMonitor", "modelmonitors")
RUN = Resource(API_VERSION, "RetrainRun", "retrainruns")
JOB = Resource("batch/v1", "Job", "jobs")
POD = Resource("v1", "Pod", "pods")
CONFIG_MAP = Resource("v1", "ConfigMap", "configmaps")
QUOTA = Resource("v1", "ResourceQuota", "resourcequotas")
CLAIM = Resource("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
EVENT = Resource("events.k8s.io/v1", "Event", "events")


class Api(Protocol):
    """What commands ask of an API server."""

    namespace: str

    def read(self, resource: Resource, name: str) -> Document | None:
        """Return the object, None where there is none."""
        ...

    def list_objects(self, resource: Resource, selector: str = "", fields: str = "") -> list[Document]:
        """Return the objects of the namespace."""
        ...

    def patch(self, resource: Resource, name: str, body: Document, dry_run: bool = False) -> Document:
        """Lay a document over an object, as field manager refit-cli."""
        ...

    def now(self) -> datetime:
        """Return the API server's time."""
        ...

    def username(self) -> str:
        """Return the name by which the API server knows the user."""
        ...


class Cluster:
    """A connection to the API server of a context, and one namespace."""

    def __init__(self, api: client.ApiClient, namespace: str) -> None:
        self._api = api
        self.namespace = namespace

    def now(self) -> datetime:
        """Return the API server's time: a request that is stamped by another clock may be ignored."""
        response = self.send("GET", "/version")
        date = response.headers.get("Date")
        return parsedate_to_datetime(date) if date else datetime.now(UTC)

    def read(self, resource: Resource, name: str) -> Document | None:
        """Return the object, None where there is none."""
        response = self.send("GET", resource.path(self.namespace, name), missing_ok=True)
        found: Document | None = None if response.status == 404 else json.loads(response.data)
        return found

    def list_objects(self, resource: Resource, selector: str = "", fields: str = "") -> list[Document]:
        """Return the objects of the namespace; none where the API server doesn't know their kind."""
        query = {"labelSelector": selector, "fieldSelector": fields, "limit": str(PAGE)}
        items = list[Document]()
        while True:
            response = self.send("GET", resource.path(self.namespace), query, missing_ok=True)
            if response.status == 404:
                return items
            answer = json.loads(response.data)
            named = {"apiVersion": resource.api_version, "kind": resource.kind}
            items += [named | item for item in answer.get("items") or ()]
            rest = answer["metadata"].get("continue")
            if not rest:
                return items
            query["continue"] = rest

    def patch(self, resource: Resource, name: str, body: Document, dry_run: bool = False) -> Document:
        """Lay a document over an object (a merge patch), as field manager refit-cli."""
        query = {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})
        response = self.send("PATCH", resource.path(self.namespace, name), query, body)
        found: Document = json.loads(response.data)
        return found

    def username(self) -> str:
        """Return the name by which the API server knows the user, as admission sees it."""
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        answer = self.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", asked)
        return str(answer["status"]["userInfo"]["username"])

    def post(self, path: str, body: Document) -> Document:
        """Ask the API server a question that is an object, such as a review of access."""
        found: Document = json.loads(self.send("POST", path, body=body).data)
        return found

    def stream_lines(self, path: str, query: dict[str, str]) -> Iterator[str]:
        """Yield the lines of an answer as they come, such as a pod's log."""
        response = self._request("GET", path, query, None, timeout=None)
        self._check(response, missing_ok=False)
        rest = b""
        for chunk in response.stream(4096):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in lines)
        if rest:
            yield rest.decode("utf-8", "replace")

    def send(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: Document | None = None,
        missing_ok: bool = False,
    ) -> Any:
        """Send a request and return its answer, read. Raises Failed."""
        response = self._request(method, path, query or {}, body, TIMEOUT)
        response.read(cache_content=True)
        self._check(response, missing_ok)
        return response

    def fetch(self, path: str, query: dict[str, str], headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Return status and body of what a Service behind the API server's proxy answers. Raises Failed."""
        response = self._request("GET", path, query, None, TIMEOUT, headers)
        data: bytes = response.read(cache_content=True)
        if response.status >= 400 and _is_of_the_api_server(data):
            refuse(response.status, data)
        return response.status, data

    def _request(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: Any,
        timeout: float | None,
        more: dict[str, str] | None = None,
    ) -> Any:
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = (more or {}) | {"Accept": "application/json, */*", "Content-Type": kind}
        pairs = [(key, value) for key, value in query.items() if value]
        try:
            request = self._api.param_serialize(method, path, {}, pairs, headers, body, auth_settings=["BearerToken"])
            return self._api.call_api(*request, _request_timeout=timeout).response
        except (client.ApiException, urllib3.exceptions.HTTPError, OSError) as error:
            reason = str(getattr(error, "reason", None) or error)
            raise Failed(Exit.UNREACHABLE, f"no answer from {self._api.configuration.host}: {reason}") from None

    def _check(self, response: Any, missing_ok: bool) -> None:
        if not (200 <= response.status < 300 or (missing_ok and response.status == 404)):
            refuse(response.status, response.data)


def _is_of_the_api_server(data: bytes) -> bool:
    """Return whether an error is the API server's own, and not of what it is a proxy to."""
    try:
        return bool(json.loads(data).get("kind") == "Status")
    except (ValueError, AttributeError):
        return False


def refuse(status: int, data: bytes) -> NoReturn:
    """Raise Failed with what the API server says."""
    try:
        words = str(json.loads(data).get("message") or "")
    except (ValueError, AttributeError):
        words = data.decode("utf-8", "replace").strip()[:300]
    codes = {401: Exit.FORBIDDEN, 403: Exit.FORBIDDEN, 404: Exit.NOT_FOUND, 409: Exit.CONFLICT, 422: Exit.FORBIDDEN}
    raise Failed(codes.get(status, Exit.UNREACHABLE), f"the API server says: {words or f'HTTP {status}'}")


def connect(namespace: str, context: str, kubeconfig: str) -> Cluster:
    """Return the connection of a context, and its namespace, as kubectl chooses them. Raises Failed."""
    try:
        return _by_kubeconfig(namespace, context, kubeconfig)
    except (config.ConfigException, OSError) as missing:
        if context or kubeconfig:
            raise Failed(Exit.USAGE, f"kubeconfig: {missing}") from None
        return _in_cluster(namespace, str(missing))


def _by_kubeconfig(namespace: str, context: str, kubeconfig: str) -> Cluster:
    """Return the connection of a context. Where one is named, a kubeconfig need not have a current one."""
    merged = kube_config.KubeConfigMerger(kubeconfig or kube_config.KUBE_CONFIG_DEFAULT_LOCATION).config
    if merged is None:
        raise config.ConfigException("there is none")
    names = [each["name"] for each in merged["contexts"].value]
    if context and context not in names:
        raise Failed(Exit.USAGE, f"kubeconfig has no context {context!r}: {', '.join(names)}")
    loader = kube_config.KubeConfigLoader(merged, active_context=context or None, config_base_path=None)
    settings = client.Configuration()
    loader.load_and_set(settings)
    chosen = loader.current_context["context"].get("namespace")
    return Cluster(_without_retries(client.ApiClient(settings)), namespace or chosen or "default")


def _in_cluster(namespace: str, missing: str) -> Cluster:
    settings = client.Configuration()
    try:
        config.load_incluster_config(client_configuration=settings)
    except config.ConfigException:
        raise Failed(Exit.USAGE, f"no cluster to talk to: {missing}") from None
    return Cluster(_without_retries(client.ApiClient(settings)), namespace or _own_namespace())


def _own_namespace() -> str:
    """Return the namespace of the pod that this runs in, as its ServiceAccount's files say."""
    try:
        return Path(incluster_config.SERVICE_TOKEN_FILENAME).with_name("namespace").read_text().strip() or "default"
    except OSError:
        return "default"


def _without_retries(api: client.ApiClient) -> client.ApiClient:
    """A server that isn't there is said so at once, not after minutes."""
    api.rest_client.pool_manager.connection_pool_kw["retries"] = urllib3.Retry(0)
    return api
