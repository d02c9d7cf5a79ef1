"""The API server over one connection, for tests that ask it hundreds of times; kubectl takes a process for each."""

import http.client
import json
from urllib.parse import urlsplit

from tests.support.cluster.hosted import admin_config, trust_as_user
from tests.support.cluster.kubectl import Document


class ApiServer:
    """A connection as the administrator, who may ask as anybody."""

    def __init__(self) -> None:
        config = admin_config()
        address = urlsplit(config["clusters"][0]["cluster"]["server"])
        self.connection = http.client.HTTPSConnection(
            str(address.hostname), address.port, timeout=30, context=trust_as_user(config)
        )

    def close(self) -> None:
        self.connection.close()

    def ask(
        self, method: str, path: str, document: Document | None = None, kind: str = "application/json", **headers: str
    ) -> tuple[int, str]:
        """Return the status and the answer's text; headers are named with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items() if value}
        body = None if document is None else json.dumps(document)
        self.connection.request(method, path, body, {"Content-Type": kind, **named})
        reply = self.connection.getresponse()
        return reply.status, reply.read().decode()
