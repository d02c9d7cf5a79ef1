"""Debian packages the assembled node is made of; only what is missing is installed."""

import os
from pathlib import Path

from localcluster.commands import Failed, run, succeeds
from localcluster.progress import step

PACKAGES = (
    "containerd",
    "runc",
    "containernetworking-plugins",
    "prometheus",
    "iptables",
    "iproute2",
    "conntrack",
    "socat",
    "buildah",
    "mmdebstrap",
    "busybox-static",
    "ca-certificates",
    "openssl",
    "docker-registry",
)
# What these packages start by themselves, and we run with settings of our own.
UNWANTED_SERVICES = ("prometheus", "prometheus-node-exporter", "containerd", "docker-registry")
STATUS = Path("/var/lib/dpkg/status")


def missing_packages(status: str) -> list[str]:
    """Return the packages that a dpkg status file does not show as installed."""
    paragraphs = (paragraph.splitlines() for paragraph in status.split("\n\n"))
    installed = {lines[0].removeprefix("Package: ") for lines in paragraphs if "Status: install ok installed" in lines}
    return [package for package in PACKAGES if package not in installed]


def ensure_packages(log: Path) -> None:
    """Install what is missing; the services that come with it are not left running."""
    if not STATUS.exists():
        raise Failed("the assembled node is made of Debian's packages, and this machine is no Debian; use kind")
    missing = missing_packages(STATUS.read_text())
    if not missing:
        return
    install_packages(missing, log)
    _stop_services()


def install_packages(names: list[str], log: Path) -> None:
    """Install Debian packages; needs root."""
    if os.geteuid() != 0:
        raise Failed(f"installing {', '.join(names)} needs root")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with step(f"Debian packages ({', '.join(names)})"):
        run(["apt-get", "update"], env=quiet, log=log)
        run(["apt-get", "install", "-y", "--no-install-recommends", *names], env=quiet, log=log)


def _stop_services() -> None:
    if not Path("/run/systemd/system").exists():
        return
    for service in UNWANTED_SERVICES:
        succeeds(["systemctl", "disable", "--now", service])
