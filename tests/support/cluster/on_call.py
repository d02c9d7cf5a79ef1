"""Who is called by an alert: reads it, and does what its runbook says, word by word."""

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from tests.support.cluster.kubectl import cluster_environment
from tests.support.local import until
from tests.support.prometheus.alerting import Alerting
from tests.support.runbooks import Command, Section, fill, sections

TARGET = "-o jsonpath='{.spec.serving.targetRef.name}'"
NEWEST = "--sort-by=.spec.ordinal -o name | tail -1"
OLD = "-o jsonpath='{.status.pointerChange.old}'"


def shell(text: str) -> str:
    """Run a line of a runbook as it stands; what isn't a success fails the test, but an answer that is no."""
    done = subprocess.run(
        ["bash", "-c", text], env=cluster_environment(), capture_output=True, text=True, timeout=150, check=False
    )
    says_no = " auth can-i " in text and done.stdout.startswith("no")
    assert done.returncode == 0 or says_no, f"{text}\n{done.stdout}{done.stderr}"
    return done.stdout


class Alerted:
    """One alert that fires, and its runbook."""

    def __init__(self, alerting: Alerting, alert: Mapping[str, Any]) -> None:
        self._alerting, self.labels, annotations = alerting, alert["labels"], alert["annotations"]
        self.name, self.summary = self.labels["alertname"], annotations["summary"]
        page, _, part = annotations["runbook"].partition("#")
        self._book = sections(page)
        assert part == self.name.lower() and self.name in self._book, f"{annotations['runbook']} isn't there"
        self._values = self._find_values()

    @property
    def _section(self) -> Section:
        return self._book[self.name]

    def look(self) -> str:
        """Run what the runbook has one look at; return what all of that printed."""
        reading = [command for command in (*self._book[""].commands, *self._section.commands) if command.reads]
        printed = [shell(command.filled(self._values)) for command in reading]
        samples = {query: self._alerting.query(fill(query, self._values)) for query in self._section.queries}
        return "\n".join([*printed, str(samples)])

    def mend(self, doing: str) -> str:
        """Run the one command of the runbook that begins so and changes something; return what it printed."""
        (command,) = (one for one in self._section.commands if one.does.startswith(doing) and not one.reads)
        return self.run(command)

    def run(self, command: Command) -> str:
        """Run a command of the runbook."""
        return shell(command.filled(self._values))

    def until_over(self, limit_s: float = 90) -> None:
        """Wait until it doesn't fire any more."""
        labels = {name: value for name, value in self.labels.items() if name != "alertname"}
        until(lambda: not self._alerting.alerts(self.name, **labels), limit_s, f"{self.name} still fires: {labels}")

    def _find_values(self) -> dict[str, str]:
        """Find what the placeholders stand for, as the page says."""
        if "monitor" not in self.labels:
            return {}
        namespace, monitor = self.labels["namespace"], self.labels["monitor"]
        target = shell(f"kubectl -n {namespace} get mmon {monitor} {TARGET}")
        run = shell(f"kubectl -n {namespace} get rr -l refit.dev/monitor={monitor} {NEWEST}")
        run = run.strip().rpartition("/")[2]
        old = shell(f"kubectl -n {namespace} get rr {run} {OLD}") if run else ""
        found = {"NAMESPACE": namespace, "MONITOR": monitor, "TARGET": f"deploy/{target}", "RUN": run}
        return found | {"OLD": json.dumps(old or None)}


class OnCall:
    """Waits for alerts."""

    def __init__(self, alerting: Alerting) -> None:
        self.alerting = alerting

    def called_by(self, name: str, limit_s: float = 120, **labels: str) -> Alerted:
        """Wait until an alert fires, and return it."""
        until(lambda: bool(self.alerting.alerts(name, **labels)), limit_s, f"{name} doesn't fire")
        return Alerted(self.alerting, self.alerting.alerts(name, **labels)[0])

    def until_scraped(self, port: int) -> None:
        """Wait until a port of this host that was down is scraped again."""
        up = f'up{{instance="127.0.0.1:{port}"}} == 1'
        until(lambda: bool(self.alerting.query(up)), 30, f"port {port} isn't scraped")

    def until_led(self) -> None:
        """Wait until a process that is scraped leads."""
        until(lambda: bool(self.alerting.query("refit_leader == 1")), 120, "no operator leads")
