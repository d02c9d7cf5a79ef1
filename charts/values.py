"""The chart's values: what each is, and what it may be. values.yaml and values.schema.json are made of these."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
SUFFIX = r"^-[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
ENTRY = r"^[^'\"\\{}]+$"

NamespaceName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
ObjectName = Annotated[str, Field(pattern=NAME, max_length=253)]
Suffix = Annotated[str, Field(pattern=SUFFIX, max_length=20)]
Entry = Annotated[str, Field(pattern=ENTRY, max_length=512)]
"""One of a list in an admission policy: a name, or with * at its end all that begin so."""
Labels = dict[str, str]
Quantity = str | int | float


class Part(BaseModel):
    """Values that belong together."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Image(Part):
    """The operator's image."""

    repository: str = Field(min_length=1, description="Registry and repository.")
    tag: str = Field(description="Tag. Only used without a digest.")
    digest: str = Field(
        default="",
        pattern=r"^(sha256:[a-f0-9]{64})?$",
        description="Digest, sha256:…: exactly the image that was signed. It goes before the tag.",
    )
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = Field(description="When the kubelet pulls it.")


class PullSecret(Part):
    """A Secret with credentials of a registry."""

    name: str = Field(pattern=NAME, description="Name of the Secret, in the release's namespace.")


class Resources(Part):
    """What the operator's container asks for, and what it may have."""

    requests: dict[str, Quantity] = Field(description="Requests.")
    limits: dict[str, Quantity] = Field(description="Limits.")


class Toleration(Part):
    """A taint that the operator's pods tolerate."""

    key: str = Field(default="", description="Key of the taint. Default: every key.")
    operator: Literal["Equal", "Exists"] = Field(default="Equal", description="Whether the value counts.")
    value: str = Field(default="", description="Value of the taint.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="Effect of the taint. Default: every effect."
    )
    toleration_seconds: int | None = Field(default=None, description="For how long NoExecute is tolerated.")


class Variable(Part):
    """An environment variable."""

    name: str = Field(
        pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        description="Name; those that begin with REFIT_ are under settings.",
        json_schema_extra={"not": {"pattern": "^REFIT_"}},
    )
    value: str = Field(description="Value.")


class Common(Part):
    """What all operators of a cluster have together."""

    create: bool = Field(
        default=True,
        description="Install what operators that share a cluster have together: CRDs, account, rights, policies. "
        "One release does, the others don't.",
    )


class Crds(Part):
    """The CustomResourceDefinitions."""

    create: bool = Field(
        default=True,
        description="Install and upgrade the CRDs with the release. Uninstalling keeps them, and with them every "
        "monitor. false where something else applies the crds.yaml of the same version.",
    )


class NetworkPolicy(Part):
    """Who may reach the operator."""

    create: bool = Field(default=True, description="Let only Prometheus and the pods of runs reach the operator.")
    metrics_from: list[NamespaceName] = Field(
        min_length=1, description="Namespaces whose pods may read the operator's metrics: those of Prometheus."
    )


class Admission(Part):
    """What monitors may name. An entry that ends with * stands for all that begin so; what has no entry is refused."""

    images: list[Entry] = Field(
        description="Images of trainers and judges. End a registry or a repository with / before *."
    )
    priority_classes: list[Entry] = Field(description="Priority classes of training pods.")
    runtime_classes: list[Entry] = Field(description="Runtime classes of training pods.")
    pod_annotations: list[Entry] = Field(description="Keys of annotations of training pods.")


class PodMonitor(Part):
    """For the Prometheus Operator."""

    create: bool = Field(
        default=False,
        description="Have the Prometheus Operator scrape the operator's pods, which have the annotations "
        "prometheus.io/… in any case. false where the PodMonitor of manifests/monitoring is applied.",
    )
    labels: Labels = Field(default={}, description="Labels by which a Prometheus selects its PodMonitors.")
    interval: str = Field(
        default="", pattern=r"^([0-9]+(ms|s|m|h))?$", description="How often. Default: as that Prometheus scrapes."
    )


class Notifications(Part):
    """What docs/how-to/notifications.md has a patch for."""

    config_map: ObjectName | Literal[""] = Field(
        default="",
        description="ConfigMap with the file notifications.yaml, mounted at /etc/refit/notifications. Default: nobody "
        "is notified.",
    )
    secret: ObjectName | Literal[""] = Field(
        default="",
        description="Secret with the files that urlFile and tokenFile name, mounted at /etc/refit/secrets. "
        "Default: none.",
    )


class Audit(Part):
    """What docs/how-to/audit.md has a patch for."""

    claim: ObjectName | Literal[""] = Field(
        default="",
        description="Claim on which each run that ended is kept as a document, mounted at /var/lib/refit/audit with "
        "the group 10001. Default: none is kept.",
    )


class Values(Part):
    """All but the settings of the operator, which settings.py makes of its own."""

    watch_namespace: NamespaceName | Literal[""] = Field(
        default="",
        description="Serve this namespace alone: the operator has rights there and nowhere else, but to review tokens. "
        "Default: the whole cluster.",
    )
    image: Image = Field(description="The operator's image.")
    image_pull_secrets: list[PullSecret] = Field(default=[], description="Secrets with credentials of its registry.")
    replicas: int = Field(
        ge=0,
        description="How many pods there are. One works; the others stand by and are never ready, so that neither "
        "helm --wait nor kubectl rollout status ends.",
    )
    resources: Resources = Field(description="Requests and limits of the operator's container.")
    priority_class_name: str = Field(default="", description="Priority class of the operator's pods.")
    node_selector: Labels = Field(default={}, description="Labels of the nodes that the operator's pods may run on.")
    tolerations: list[Toleration] = Field(
        default=[], description="Taints that they tolerate, beside those of nodes that are gone, for 30 s."
    )
    extra_env: list[Variable] = Field(
        default=[],
        description="More variables of the operator's container. OTEL_EXPORTER_OTLP_ENDPOINT switches traces "
        "of runs on: docs/how-to/traces.md. HTTPS_PROXY and NO_PROXY hold for these, and for its reads and writes at "
        "the API server: watches and queries of Prometheus use no proxy, notifications the one that their receiver "
        "names.",
    )
    network_policy: NetworkPolicy = Field(description="Who may reach the operator.")
    admission: Admission = Field(
        description="What monitors may name. An entry that ends with * stands for all that begin so; what has no entry "
        "is refused."
    )
    pod_monitor: PodMonitor = Field(default=PodMonitor(), description="For the Prometheus Operator.")
    notifications: Notifications = Field(
        default=Notifications(),
        description="Who is notified of runs that ended: docs/how-to/notifications.md. Both are in the release's "
        "namespace.",
    )
    audit: Audit = Field(
        default=Audit(),
        description="Where runs are kept for an audit: docs/how-to/audit.md. It is in the release's namespace.",
    )
    crds: Crds = Field(default=Crds(), description="The CustomResourceDefinitions.")
    common: Common = Field(
        default=Common(), description="Several operators that share the namespaces of a cluster, each a release."
    )
    other_operators: list[Suffix] = Field(
        default=[], description="Of the release with common.create: the nameSuffix of each other release."
    )
    name_suffix: Suffix | Literal[""] = Field(
        default="",
        description="Of the others: what their names end with, such as -2. All are in one namespace, since they have "
        "one account.",
    )
