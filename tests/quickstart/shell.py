"""One bash for all commands of the page, as its reader has one: variables, functions and background jobs stay."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from uuid import uuid4

LIMIT_S = 600.0


@dataclass(frozen=True)
class Done:
    """What a command printed, its exit status and its seconds."""

    output: str
    status: int
    seconds: float


@dataclass(frozen=True)
class Shell:
    """A running bash."""

    process: subprocess.Popen[str]

    def run(self, command: str) -> Done:
        """Run a command and print what it says, as it comes. One that takes too long ends the shell."""
        assert self.process.stdin is not None
        began, mark = time.monotonic(), f"ended-{uuid4()}"
        self.process.stdin.write(f"{{ {command}\n}} < /dev/null\nprintf '%s %d\\n' {mark} $?\n")
        self.process.stdin.flush()
        limit = Timer(LIMIT_S, self.process.kill)
        limit.start()
        try:
            return self._read(mark, began)
        finally:
            limit.cancel()

    def _read(self, mark: str, began: float) -> Done:
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            before, found, status = line.partition(mark)
            if before.strip():
                lines.append(before.rstrip("\n"))
                print(f"    {lines[-1]}", flush=True)
            if found:
                return Done("\n".join(lines), int(status), time.monotonic() - began)
        return Done("\n".join(lines), self.process.wait(), time.monotonic() - began)


@contextmanager
def shell(folder: Path, environment: Mapping[str, str]) -> Iterator[Shell]:
    """A bash in a folder, for as long as the block lasts. A pipe fails where one of its commands does."""
    with subprocess.Popen(
        ["bash", "--noprofile", "--norc", "-o", "pipefail"],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            yield Shell(process)
        finally:
            process.kill()
