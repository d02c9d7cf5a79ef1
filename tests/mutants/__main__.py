"""`make mutants`: put each known bug into a scratch copy of the operator, and see a unit test fail.

Exit code 1 where a bug goes unnoticed, where it can't be put in because the source has changed, or where the tests
can't run with it at all: that would prove nothing.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]
SIDE_BY_SIDE = 2
LIMIT_S = 300
COPIED = ("operator", "trainer_image", "benchmarks", "tests", "localcluster")
PLUGINS = ("hypothesispytest", "xdist", "cacheprovider", "timeout")
QUIET = ("-x", "-q", "--tb=no", "-W", "ignore::pytest.PytestConfigWarning")  # settings of plugins that aren't loaded
FAILED = re.compile(r"^(?:FAILED|ERROR) (?:tests/unit/)?(\S+?::.*?)(?: - .*)?$", re.MULTILINE)


def problem_with(mutant: Mutant, root: Path) -> str:
    """Return why the mutant can't be put in, empty where it can."""
    count = (root / mutant.path).read_text().count(mutant.old)
    missing = [test for test in mutant.tests if not (root / test).exists()]
    if missing:
        return f"no {', '.join(missing)}"
    return "" if count == 1 else f"its old text is in {mutant.path} {count} times"


def copy_to(scratch: Path) -> Path:
    """Copy what the unit tests need, but no compiled code: that of a mutant looks as new as that of the original."""
    scratch.mkdir()
    for name in COPIED:
        shutil.copytree(ROOT / name, scratch / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", scratch)
    return scratch


def run_tests(scratch: Path, tests: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run test modules in the copy, up to the first failure."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", *QUIET, *(f"-pno:{name}" for name in PLUGINS), *tests],
        cwd=scratch,
        env={
            **os.environ,
            "PYTHONPATH": f"{scratch / 'operator'}:{scratch / 'trainer_image'}:{scratch}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def catcher_of(mutant: Mutant, scratch: Path) -> tuple[bool, str]:
    """Put the mutant in and take it out again; return whether a test caught it, and which."""
    problem = problem_with(mutant, scratch)
    if problem:
        return False, problem
    path = scratch / mutant.path
    healthy = path.read_text()
    path.write_text(healthy.replace(mutant.old, mutant.new))
    try:
        done = run_tests(scratch, mutant.tests)
    finally:
        path.write_text(healthy)
    found = FAILED.search(done.stdout)
    if done.returncode == 1 and found:
        return True, found[1]
    return False, "SURVIVED" if done.returncode == 0 else f"can't be tested:\n{done.stdout}{done.stderr}"


def check(mutant: Mutant, copies: "SimpleQueue[Path]") -> bool:
    """Try a mutant in a free copy, and print its line."""
    scratch = copies.get()
    try:
        caught, by = catcher_of(mutant, scratch)
    finally:
        copies.put(scratch)
    print(f"{'caught' if caught else 'MISSED'}  {mutant.name:<58}  {by}", flush=True)
    return caught


def main(names: list[str]) -> int:
    """Try the mutants whose names contain one of the words, or all."""
    chosen = [mutant for mutant in MUTANTS if not names or any(name in mutant.name for name in names)]
    with tempfile.TemporaryDirectory(prefix="refit-mutants-") as folder:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(SIDE_BY_SIDE):
            copies.put(copy_to(Path(folder) / str(number)))
        healthy = run_tests(Path(folder) / "0", tuple(sorted({test for mutant in chosen for test in mutant.tests})))
        if healthy.returncode != 0:
            print(f"the tests fail without any mutant:\n{healthy.stdout}{healthy.stderr}")
            return 1
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            caught = list(pool.map(lambda mutant: check(mutant, copies), chosen))
    print(f"{sum(caught)} of {len(caught)} mutants caught")
    return 0 if all(caught) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
