"""The operator's own settings, from the environment: `REFIT_…`."""

from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from refit_operator.api.selection import Entry, Selection, parse_selection
from refit_operator.prometheus.rules.allowlist import parse_allowed
from refit_operator.prometheus.rules.headers import parse_headers


class Settings(BaseSettings):
    """What an administrator sets on the operator's Deployment."""

    model_config = SettingsConfigDict(env_prefix="REFIT_", frozen=True)

    prometheus_url: str = Field(
        default="http://prometheus.monitoring:9090", description="The server of monitors that name none."
    )
    prometheus_allowed: str = Field(
        default="",
        description="Other servers that monitors may name: addresses separated by commas, with * for a port, in a host "
        "or at the end of a path, and $(namespace) for the monitor's own. Default: none.",
    )
    prometheus_headers: str = Field(
        default="",
        description="Headers that monitors may send to Prometheus servers: namespace/Name=value, separated by commas, "
        "with * in a namespace or as the value, and $(namespace) in it. Default: none.",
    )
    prometheus_namespace_label: str = Field(
        default="",
        pattern="^([a-zA-Z_][a-zA-Z0-9_]*)?$",
        description="Label that each selector of a query must match against the monitor's namespace, so that no "
        "monitor reads series of another. Default: queries read all that the server has.",
    )
    allow_mass_retrain: bool = Field(
        default=False, description="Start runs even while most monitors of one server fell into breach together."
    )
    judge_image: str = Field(
        default="",
        max_length=512,
        description="Image of the judge where a monitor's gate.image names none, so that the image that trains doesn't "
        "judge itself. Default: the monitor's training.image.",
    )
    namespace: str = Field(
        default="",
        description="Watch this namespace only, for which rights in it are enough. Default: the whole cluster.",
    )
    namespaces: str = Field(
        default="",
        description="Of the whole cluster serve these namespaces only, so that several operators share them: names and "
        "patterns with *, separated by commas, exceptions with !; the last that matches decides. Default: all.",
    )
    port: int = Field(default=8080, description="Port of /metrics and /healthz.")
    progress_port: int = Field(default=8443, description="Port on which training pods report their progress, over TLS.")
    progress_url: str = Field(
        default="",
        pattern="^(https://.+)?$",
        description="The same as pods reach it, https://. Default: pods get no URL and nothing listens.",
    )
    progress_secret: str = Field(
        default="refit-progress-tls",
        description="Secret of the operator's namespace with ca.crt, tls.crt and tls.key; created where it is missing.",
    )
    concurrency: int = Field(
        default=16,
        ge=1,
        description="How many monitors are reconciled at the same time, those with runs under way first; one "
        "namespace has at most half of them.",
    )
    max_concurrent_runs: int = Field(
        default=0, ge=0, description="How many runs have a Job at the same time; the others wait. Default: any number."
    )
    max_concurrent_runs_per_namespace: int = Field(
        default=0, ge=0, description="How many of them may be of one namespace. Default: any number."
    )
    resync_seconds: float = Field(default=300, gt=0, description="Seconds between two full lists of the monitors.")
    leader_election: bool = Field(default=True, description="Reconcile only while holding a Lease.")
    lease_namespace: str = Field(default="refit-system", description="Namespace of the Lease: the operator's own.")
    lease_name: str = Field(default="refit-operator", description="Name of the Lease.")
    lease_seconds: float = Field(default=15, ge=1, description="Seconds until another process may take the Lease.")
    renew_deadline_seconds: float = Field(default=10, gt=0, description="Seconds of failed renewals that end a leader.")
    retry_seconds: float = Field(default=2, gt=0, description="Seconds between two attempts to acquire or renew.")
    notifications: str = Field(
        default="",
        description="File that says who is notified of runs that ended: docs/how-to/notifications.md. Default: nobody.",
    )
    audit_folder: str = Field(
        default="",
        description="Folder in which each run that ended is kept as an audit document: docs/how-to/audit.md. Default: "
        "nowhere.",
    )
    log_format: str = Field(default="json", pattern="^(json|console)$", description="json or console.")

    @field_validator("max_concurrent_runs", "max_concurrent_runs_per_namespace", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return 0 if value == "" else value

    @field_validator("prometheus_allowed")
    @classmethod
    def _parses(cls, value: str) -> str:
        parse_allowed(value)
        return value

    @field_validator("prometheus_headers")
    @classmethod
    def _are_headers(cls, value: str) -> str:
        parse_headers(value)
        return value

    @field_validator("namespaces")
    @classmethod
    def _are_namespaces(cls, value: str) -> str:
        parse_selection(value)
        return value

    @property
    def selected(self) -> str:
        """The namespaces that are served, as REFIT_NAMESPACES has them; empty for all."""
        return self.namespace or self.namespaces

    @property
    def selection(self) -> Selection:
        """The namespaces that are served."""
        return Selection((Entry(self.namespace),)) if self.namespace else parse_selection(self.namespaces)

    @model_validator(mode="after")
    def _says_one_of_two(self) -> Self:
        if self.namespace and self.namespaces:
            raise ValueError(
                f"REFIT_NAMESPACE={self.namespace!r} and REFIT_NAMESPACES={self.namespaces!r} are both set: leave "
                "REFIT_NAMESPACES out to watch one namespace, or REFIT_NAMESPACE to serve these of the whole cluster"
            )
        return self

    @model_validator(mode="after")
    def _gives_up_in_time(self) -> Self:
        if not self.retry_seconds < self.renew_deadline_seconds < self.lease_seconds:
            raise ValueError("REFIT_RETRY_SECONDS < REFIT_RENEW_DEADLINE_SECONDS < REFIT_LEASE_SECONDS must hold")
        return self
