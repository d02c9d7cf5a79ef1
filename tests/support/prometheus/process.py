"""A real Prometheus as a process on this host: what can be stopped, frozen and started again with other settings."""

import os
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.local import free_port, until

READY = "Server is ready to receive web requests"
LIMIT_S = 30


class Prometheus:
    """One server with its own folder; `port` and what it has stored outlive a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.scrape(self.port)
        self.configure_web("")

    def scrape(self, port: int) -> None:
        """Write its configuration: it scrapes that port of this host every second, at first its own."""
        (self.folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            f"scrape_configs: [{{job_name: it, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n"
        )

    def configure_web(self, text: str) -> None:
        """Write its TLS certificate and its users; it reads them at every connection."""
        (self.folder / "web.yml").write_text(text)

    def start(self, *flags: str) -> None:
        """Start it and wait until it answers."""
        command = [
            "prometheus",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--config.file=prometheus.yml",
            "--web.config.file=web.yml",
            "--storage.tsdb.path=data",
            "--storage.tsdb.retention.time=100y",
            *flags,
        ]
        log = self.folder / "log"
        with log.open("w") as stderr:
            self.process = subprocess.Popen(command, cwd=self.folder, stderr=stderr)
        until(lambda: READY in log.read_text(), LIMIT_S, f"Prometheus isn't ready, see {log}")

    def stop(self) -> None:
        """End it, whatever state it is in."""
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """Let it accept connections and answer nothing."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()
