"""What lint finds, and where."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Path = tuple[str | int, ...]


class Severity(StrEnum):
    """Whether the cluster would refuse it, or it is only likely to be a mistake."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or looks like it."""

    severity: Severity
    rule: str
    path: Path
    message: str

    @property
    def field(self) -> str:
        """The field, as kubectl explain takes it."""
        return show_path(self.path)


def error(rule: str, path: str | Path, message: str) -> Finding:
    """Return what would be refused, or could never work."""
    return Finding(Severity.ERROR, rule, _split(path), message)


def warning(rule: str, path: str | Path, message: str) -> Finding:
    """Return what works and is most likely not meant so."""
    return Finding(Severity.WARNING, rule, _split(path), message)


def _split(path: str | Path) -> Path:
    return tuple(path.split(".")) if isinstance(path, str) else path


def show_path(path: Path) -> str:
    """Return a path with indices in brackets."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True)
class Located:
    """A finding in a file."""

    file: str
    line: int
    object: str
    finding: Finding

    def to_json(self) -> dict[str, Any]:
        """Return it as -o json prints it."""
        found = self.finding
        return {
            "file": self.file,
            "line": self.line,
            "object": self.object,
            "severity": found.severity.value,
            "rule": found.rule,
            "field": found.field,
            "message": found.message,
        }
