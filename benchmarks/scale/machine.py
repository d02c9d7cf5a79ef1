"""On what was measured, for the page: a record beside those of the row."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.pages import Record


def _first(path: str, name: str) -> str:
    lines = Path(path).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "unknown")


def _says(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return (done.stdout + done.stderr).splitlines()[0].strip()


def machine() -> Record:
    """Return what the machine is, and the versions of what is measured on it."""
    return {
        "cores": os.cpu_count(),
        "processor": _first("/proc/cpuinfo", "model name"),
        "memory_gib": round(int(_first("/proc/meminfo", "MemTotal").split()[0]) / 2**20),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "prometheus": _says("prometheus", "--version").split(" (")[0],
        "kopf": version("kopf"),
        "prometheus_api_client": version("prometheus-api-client"),
        "commit": _says("git", "rev-parse", "--short", "HEAD"),
        "load": round(os.getloadavg()[0], 1),
        "day": datetime.now(UTC).date().isoformat(),
    }


def words(found: Record) -> str:
    """Return a machine in a sentence."""
    return (
        f"{found['cores']} cores ({found['processor']}), {found['memory_gib']} GiB, Linux {found['kernel']}, Python "
        f"{found['python']}, {found['prometheus']}, kopf {found['kopf']}, prometheus-api-client "
        f"{found['prometheus_api_client']}, commit {found['commit']}, {found['day']}; load before: {found['load']}"
    )
