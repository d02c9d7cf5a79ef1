"""`python -m tests.reference [--check]`: the pages of docs/reference that are made of types."""

import sys

from localcluster.paths import CHECKOUT
from refit_operator.api.generated import write_or_check
from tests.reference import events, exit_codes, fields, settings

PAGES = {
    "modelmonitor.md": fields.monitor_page,
    "retrainrun.md": fields.run_page,
    "settings.md": settings.page,
    "events.md": events.page,
    "exit-codes.md": exit_codes.page,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check only say which differ (exit 1)."""
    files = {CHECKOUT / "docs" / "reference" / name: page() for name, page in PAGES.items()}
    return write_or_check(files, "make reference", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
