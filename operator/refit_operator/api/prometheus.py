"""The Prometheus server that a monitor queries, and the Secrets that the queries need."""

from typing import Annotated

from pydantic import ConfigDict, Field

from refit_operator.api.base import ApiModel, rules


class SecretKey(ApiModel):
    """One key of a Secret in the monitor's own namespace."""

    name: str = Field(min_length=1, max_length=253, description="Name of the Secret.")
    key: str = Field(min_length=1, max_length=253, pattern="^[-._a-zA-Z0-9]+$", description="The key in it.")


class BasicAuth(ApiModel):
    """HTTP basic authentication."""

    username: SecretKey = Field(description="Where the user name is.")
    password: SecretKey = Field(description="Where the password is.")


class Authentication(ApiModel):
    """Credentials of the requests."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("has(self.bearerTokenSecret) != has(self.basic)", "give exactly one of bearerTokenSecret and basic"),
        )
    )

    bearer_token_secret: SecretKey | None = Field(default=None, description="Where the bearer token is.")
    basic: BasicAuth | None = Field(default=None, description="HTTP basic authentication.")


class TlsSpec(ApiModel):
    """TLS settings of the connection."""

    ca_secret: SecretKey = Field(description="PEM certificates of the authorities to trust instead of the public ones.")


HeaderValue = Annotated[str, Field(max_length=256)]
_HEADERS = (
    "self.headers.all(name, name.matches('^[A-Za-z][-A-Za-z0-9]{0,62}$')"
    " && !(name.lowerAscii() in ['authorization', 'cookie', 'host']))"
)
_TLS = "!has(self.tls) || self.serverAddress == '' || self.serverAddress.startsWith('https://')"


class PrometheusSpec(ApiModel):
    """The Prometheus server that answers the queries."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (_TLS, "tls needs an https:// serverAddress"),
            (
                _HEADERS,
                "a header's name is of letters, digits and dashes, and none of Authorization, Cookie, Host",
            ),
        )
    )

    server_address: str = Field(
        default="",
        max_length=512,
        pattern=r"^(https?://[^\s@?#]+)?$",
        description="URL of the Prometheus server, one that the operator's administrator allowed "
        "(REFIT_PROMETHEUS_ALLOWED). Default: the operator's own (REFIT_PROMETHEUS_URL).",
    )
    authentication: Authentication | None = Field(
        default=None,
        description="Credentials from Secrets, which the operator must be allowed to read (ClusterRole refit-secrets).",
    )
    tls: TlsSpec | None = Field(
        default=None, description="TLS settings of the connection. Default: the public CAs are trusted."
    )
    headers: Annotated[dict[str, HeaderValue], Field(max_length=8)] = Field(
        default={},
        description="More request headers, for example the tenant's X-Scope-OrgID, of those that the operator's "
        "administrator allowed in this namespace (REFIT_PROMETHEUS_HEADERS). Not for secrets.",
    )

    @property
    def secret_keys(self) -> tuple[SecretKey, ...]:
        """Every Secret's key that a query needs."""
        authentication, found = self.authentication, []
        if authentication and authentication.bearer_token_secret:
            found.append(authentication.bearer_token_secret)
        if authentication and authentication.basic:
            found += [authentication.basic.username, authentication.basic.password]
        return (*found, *([self.tls.ca_secret] if self.tls else []))
