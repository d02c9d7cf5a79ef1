"""Who is notified: a file of the administrator's. No monitor can name a receiver, nor an address."""

from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from refit_operator.api.run import Outcome
from refit_operator.api.selection import parse_selection
from refit_operator.notifications.rules.episode import Episode
from refit_operator.notifications.rules.messages import CLOUD_EVENT, cloud_event, slack_body

MOST = 32
"""Receivers in the file."""


class Format(StrEnum):
    """What a receiver understands."""

    SLACK = "Slack"
    CLOUD_EVENTS = "CloudEvents"


class Receiver(BaseModel):
    """One receiver. Addresses and tokens that are secrets are files, which a Secret is mounted as."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern="^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")
    format: Format
    url: str = ""
    url_file: Path | None = Field(default=None, alias="urlFile")
    token_file: Path | None = Field(default=None, alias="tokenFile")
    """Sent as a bearer token."""
    proxy: str = ""
    """The proxy that leads to the receiver; none of the environment is used."""
    proxy_file: Path | None = Field(default=None, alias="proxyFile")
    """The same, where its address has a user and a password."""
    namespaces: str = ""
    """As REFIT_NAMESPACES has them; empty for all."""
    outcomes: tuple[Outcome, ...] = tuple(Outcome)

    @field_validator("namespaces")
    @classmethod
    def _are_namespaces(cls, value: str) -> str:
        parse_selection(value)
        return value

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if bool(self.url) == (self.url_file is not None):
            raise ValueError("give exactly one of url and urlFile")
        if self.proxy and self.proxy_file:
            raise ValueError("give at most one of proxy and proxyFile")
        for given in filter(None, (self.url, self.proxy)):
            checked(given)
        return self

    def wants(self, episode: Episode) -> bool:
        """Return whether the receiver is for such episodes."""
        selected = not self.namespaces or episode.monitor.namespace in parse_selection(self.namespaces)
        return selected and episode.outcome in self.outcomes

    def address(self) -> str:
        """Return the URL, read afresh where it is a file's. Raises ValueError or OSError."""
        return self.url or checked(_read(self.url_file))

    def way(self) -> str | None:
        """Return the proxy's URL, read afresh where it is a file's; None where there is none. ValueError or OSError."""
        if self.proxy_file:
            return checked(_read(self.proxy_file), with_credentials=True)
        return self.proxy or None

    def headers(self) -> dict[str, str]:
        """Return the headers beside those of the body. Raises OSError."""
        kind = CLOUD_EVENT if self.format is Format.CLOUD_EVENTS else "application/json"
        token = {"Authorization": f"Bearer {_read(self.token_file)}"} if self.token_file else {}
        return {"Content-Type": kind} | token

    def body(self, episode: Episode) -> dict[str, Any]:
        """Return what is sent."""
        return cloud_event(episode) if self.format is Format.CLOUD_EVENTS else slack_body(episode)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    receivers: tuple[Receiver, ...] = Field(max_length=MOST)

    @field_validator("receivers")
    @classmethod
    def _have_names_of_their_own(cls, value: tuple[Receiver, ...]) -> tuple[Receiver, ...]:
        if len({receiver.name for receiver in value}) < len(value):
            raise ValueError("each receiver needs a name of its own")
        return value


def read_receivers(path: str) -> tuple[Receiver, ...]:
    """Return the receivers of the file; none where the path is empty. Raises ValueError, which quotes no address."""
    if not path:
        return ()
    try:
        return _File.model_validate(yaml.safe_load(Path(path).read_text())).receivers
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ValueError(f"REFIT_NOTIFICATIONS={path}: {problems}") from None
    except (OSError, yaml.YAMLError) as error:
        raise ValueError(f"REFIT_NOTIFICATIONS={path} can't be read: {type(error).__name__}") from None


def checked(url: str, with_credentials: bool = False) -> str:
    """Return the URL. Raises ValueError where it isn't plain http(s)."""
    parts = urlsplit(url)
    is_bare = not (parts.username or parts.password)
    if parts.scheme not in ("http", "https") or not parts.hostname or not (is_bare or with_credentials):
        raise ValueError("an address is http:// or https:// with a host, and without credentials")
    return url


def _read(file: Path | None) -> str:
    return file.read_text().strip() if file else ""
