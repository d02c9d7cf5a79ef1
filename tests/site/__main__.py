"""`python -m tests.site`: build the documentation's site into out/site; any link that leads nowhere fails it."""

import shutil
import sys
from pathlib import Path

from localcluster.commands import Failed, run
from localcluster.lockfiles import SITE_TOOL
from localcluster.paths import CHECKOUT
from localcluster.virtualenv import ensure
from tests.site.built import problems
from tests.site.staged import stage

STAGED, SITE = CHECKOUT / "out" / "docs", CHECKOUT / "out" / "site"
WORKER = "https://unpkg.com/iframe-worker/shim"
"""What the generator has pages load so that their search works from disk; theme/worker.js does the same."""


def build() -> list[str]:
    """Write the site, and return what is wrong with it. Raises Failed."""
    stage(CHECKOUT, STAGED)
    shutil.rmtree(SITE, ignore_errors=True)
    run([ensure(SITE_TOOL), "-m", "zensical", "build", "--clean"], cwd=CHECKOUT, env={"NO_COLOR": "1"})
    shutil.rmtree(CHECKOUT / ".cache", ignore_errors=True)
    for page in SITE.rglob("*.html"):
        depth = len(page.relative_to(SITE).parts) - 1
        page.write_text(page.read_text().replace(WORKER, "../" * depth + "theme/worker.js"))
    wrong = problems(SITE)
    for page in STAGED.rglob("*.md"):
        copy_below(page, SITE / page.relative_to(STAGED))
    return wrong


def copy_below(file: Path, to: Path) -> None:
    """Put the Markdown of a page where llms.txt has it."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, to)


def main() -> int:
    """Build it, and print what is wrong."""
    try:
        wrong = build()
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    print("\n".join(wrong) or f"open {SITE / 'index.html'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
