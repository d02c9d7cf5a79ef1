"""Tell Prometheus which pods to scrape: `python -m localcluster.discovery`.

Debian's Prometheus is built without Kubernetes service discovery, so this answers its HTTP service discovery from the
API server's list of pods. A pod is scraped where it has `prometheus.io/scrape: "true"`, at
`prometheus.io/port` and `prometheus.io/path`.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from localcluster import addresses
from localcluster.api import get_json
from localcluster.paths import layout

PREFIX = "prometheus.io/"


def build_targets(pods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the scrape targets among some pods, as Prometheus's HTTP service discovery wants them."""
    return [_target(pod) for pod in pods if _is_wanted(pod)]


def _is_wanted(pod: dict[str, Any]) -> bool:
    annotations = pod["metadata"].get("annotations") or {}
    status = pod.get("status", {})
    return annotations.get(PREFIX + "scrape") == "true" and status.get("phase") == "Running" and "podIP" in status


def _target(pod: dict[str, Any]) -> dict[str, Any]:
    metadata = pod["metadata"]
    annotations = metadata["annotations"]
    labels = {
        "__metrics_path__": annotations.get(PREFIX + "path", "/metrics"),
        "namespace": metadata["namespace"],
        "pod": metadata["name"],
        "app": (metadata.get("labels") or {}).get("app", ""),
    }
    return {"targets": [f"{pod['status']['podIP']}:{annotations.get(PREFIX + 'port', '80')}"], "labels": labels}


class Answer(BaseHTTPRequestHandler):
    """Answer every GET with the current targets."""

    def do_GET(self) -> None:
        """List the pods and send their targets; 503 while the API server is away, and Prometheus keeps its list."""
        try:
            body = json.dumps(build_targets(get_json(layout(), "/api/v1/pods?resourceVersion=0")["items"])).encode()
        except OSError as error:
            self.send_error(503, str(error))
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: Prometheus requests the list every two seconds."""


def main() -> None:
    """Serve until ended."""
    ThreadingHTTPServer(("127.0.0.1", addresses.DISCOVERY), Answer).serve_forever()


if __name__ == "__main__":
    main()
