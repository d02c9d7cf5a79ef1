"""Who may label: everybody who was given an answer, or only those with a token, and on which port."""

import hmac
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request

from refit_serving.refusals import Refused
from refit_trainer.contract.errors import BadInput

SHORTEST_TOKEN = 16  # bytes


@dataclass(frozen=True, slots=True)
class Labellers:
    """The tokens that are let in, all of them where there are none; the port, any where it is None."""

    tokens: tuple[bytes, ...] = ()
    port: int | None = None

    def check(self, request: Request) -> None:
        """Raise Refused for a request on another port, or without a token."""
        if self.port is not None and request.scope["server"][1] != self.port:
            raise Refused(404, f"feedback has the port {self.port}")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token.strip().encode() if scheme.lower() == "bearer" else b""
        if self.tokens and not any(hmac.compare_digest(given, known) for known in self.tokens):
            raise Refused(401, "feedback needs a token: Authorization: Bearer …")

    def check_known(self, request: Request) -> None:
        """Raise Refused for a request that isn't let in, and wherever there is no token to know labellers by."""
        self.check(request)
        if not self.tokens:
            raise Refused(403, "rows are other clients' inputs: they are handed out with FEEDBACK_TOKEN_FILE alone")


def read_tokens(path: Path | None) -> tuple[bytes, ...]:
    """Return the tokens in a file, one a line; several let one be changed for another without a gap."""
    if path is None:
        return ()
    try:
        tokens = tuple(line.strip() for line in path.read_bytes().splitlines() if line.strip())
    except OSError as error:
        raise BadInput(f"FEEDBACK_TOKEN_FILE={path}: {error}") from None
    if not tokens or min(map(len, tokens)) < SHORTEST_TOKEN:
        raise BadInput(f"FEEDBACK_TOKEN_FILE={path} needs tokens of at least {SHORTEST_TOKEN} bytes, one a line")
    return tokens
