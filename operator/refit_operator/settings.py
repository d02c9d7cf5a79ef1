"""The operator's own settings, from the environment: `REFIT_…`."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an administrator sets on the operator's Deployment."""

    model_config = SettingsConfigDict(env_prefix="REFIT_", frozen=True)

    prometheus_url: str = Field(
        default="http://prometheus.monitoring:9090", description="The server of monitors that name none."
    )
    namespace: str = Field(default="", description="Watch this namespace only. Default: the whole cluster.")
    port: int = Field(default=8080, description="Port of /metrics and /healthz.")
    concurrency: int = Field(default=16, ge=1, description="How many monitors are looked at side by side.")
    resync_seconds: float = Field(default=300, gt=0, description="Seconds between two full lists of the monitors.")
    log_format: str = Field(default="json", pattern="^(json|console)$", description="json or console.")
