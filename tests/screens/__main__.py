"""Draw what kubectl refit prints into docs/pictures: `python -m tests.screens [--check]`."""

import re
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console, RenderableType

from refit_operator.api.generated import write_or_check
from tests.screens.examples import SCREENS, WIDTH

FOLDER = Path("docs/pictures")
FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"


def draw(command: str, screen: RenderableType) -> str:
    """Return a screen as SVG, by fonts that a machine has: nothing is fetched where it is shown."""
    console = Console(record=True, width=WIDTH, file=StringIO(), highlight=False, force_terminal=True)
    console.print(screen)
    svg = console.export_svg(title=f"kubectl refit {command}")
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", FONT).replace("Fira Code", FONT).rstrip() + "\n"


def name_of(command: str) -> str:
    """Return the file's name: of the command, without what it is given."""
    return f"cli-{command.partition(' ')[0]}.svg"


def main(words: list[str]) -> int:
    """Write the pictures, or with --check only say which of them differ (exit 1)."""
    drawn = {FOLDER / name_of(command): draw(command, screen()) for command, screen in SCREENS.items()}
    return write_or_check(drawn, "make screens", words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
