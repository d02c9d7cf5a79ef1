"""The server's settings, from the environment: docs/reference/trainer.md lists them."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from refit_serving.admission import AdmissionBounds
from refit_serving.mirror import MirrorSettings
from refit_trainer.contract.config import describe
from refit_trainer.contract.errors import BadInput


class Settings(BaseModel):
    """The server's settings; a field's name in capitals is its variable."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model_uri: str = ""
    model_uri_file: Path | None = None
    """A file with the pointer, followed while the server runs; MODEL_URI counts while it is empty or absent."""
    model_uri_poll_seconds: float = Field(1, gt=0)
    """How often that file is read."""
    model_keep_seconds: float = Field(7200, ge=0)
    """How long the model that was replaced stays in memory for a rollback; 0 drops it at once."""
    model_retry_seconds: float = Field(15, gt=0)
    """How long after a failure the same model is loaded again."""
    initial_model_uri: str = ""
    task: str = "text-classification"
    feedback_dir: Path | None = None
    holdout_dir: Path | None = None
    holdout_share: float = Field(0.2, ge=0, le=1)
    receipt_key_file: Path | None = None
    feedback_token_file: Path | None = None
    feedback_port: int | None = Field(None, gt=0, le=65535)
    new_labels: Literal["Refuse", "Extend"] = "Refuse"
    """Whether feedback may have labels that the model doesn't know; as in the monitor's dataset."""
    min_rows_per_new_label: int = Field(20, gt=0, le=1_000)
    """Distinct inputs from which on a new label counts as judged."""
    port: int = Field(8080, ge=0, le=65535)
    drain_seconds: float = Field(5, ge=0)
    keep_alive_seconds: int = Field(75, ge=1)
    """How long a connection may rest: longer than clients and load balancers keep theirs, usually 60 s. Whoever closes
    one first may cut a request that is on its way.
    """
    remembered: int = Field(100_000, gt=0)
    """Predictions kept in memory for late labels."""
    remembered_bytes: int = Field(256 << 20, gt=0)
    """Bytes that these take."""
    max_batch: int = Field(32, gt=0)
    max_wait_seconds: float = Field(10, gt=0)
    """Where what waits already takes longer, a request gets 503."""
    max_characters: int = Field(100_000, gt=0)
    """Of one input, and of one label."""
    max_pixels: int = Field(25_000_000, gt=0)
    """Of one image; those computed at once, and those of one request, have twice as many at most."""
    max_new_tokens: int = Field(64, gt=0)
    """Of an answer, where the task generates text."""
    max_body_bytes: int = Field(4 << 20, gt=0)
    max_held_bytes: int = Field(64 << 20, gt=0)
    """Of the bodies of all requests at once."""
    max_requests: int = Field(256, gt=0)
    """Answered at once."""
    max_connections: int = Field(512, gt=1)
    """Beyond it, the one that has rested the longest is closed."""
    read_seconds: float = Field(10, gt=0)
    """How long a request's head may take to come in whole, and then its body."""
    mirror_url: str = Field("", pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$")
    """A server that gets a copy of each request to /v1/predict; its answers are compared."""
    mirror_poll_seconds: float = Field(5, gt=0)
    """How often it is looked for while nothing answers there."""
    mirror_seconds: float = Field(10, gt=0)
    """How long its answer to a copy may take."""
    mirror_tolerance: float = Field(0.05, ge=0, le=1)
    """How far two numbers may be apart to agree, as a share of the larger one."""
    writer: str = Field(default_factory=socket.gethostname, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """Names this pod's own feedback file; a pod's host name is its name."""

    @property
    def admission(self) -> AdmissionBounds:
        """What is held of requests at once."""
        return AdmissionBounds(self.max_requests, self.max_body_bytes, self.max_held_bytes, self.read_seconds)

    @property
    def mirror(self) -> MirrorSettings:
        """Where copies of requests go."""
        return MirrorSettings(self.mirror_url, self.mirror_poll_seconds, self.mirror_seconds)

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports that it listens on."""
        return (self.port,) if self.feedback_port in (None, self.port) else (self.port, self.feedback_port or 0)


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; a variable that is set but empty counts as not set."""
    given = {name.lower(): value for name, value in environment.items() if value}
    try:
        return Settings.model_validate({name: given[name] for name in Settings.model_fields if name in given})
    except ValidationError as error:
        raise BadInput(f"environment: {describe(error)}") from None
