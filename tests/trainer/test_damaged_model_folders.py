"""A good model folder with random damage is a model, or it is refused: never another exception, and no code is run.

Hypothesis chooses what is damaged, the same in every run: files go, are cut, have bytes changed, and values of their
JSON are replaced. What ends with BadInput ends a command with 64. `make fuzz` tries many more.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.trainer.damage import DAMAGE, damage, is_model, watch


def test_a_damaged_folder_is_a_model_or_refused(published: Path) -> None:
    ended = {True: 0, False: 0}
    sys.addaudithook(watch)

    @settings(max_examples=40, derandomize=True, database=None, deadline=None)
    @given(st.lists(DAMAGE, min_size=1, max_size=3))
    def check(damages: list[tuple[Any, ...]]) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(shutil.copytree(published, Path(scratch) / "model"))
            for one in damages:
                damage(folder, *one)
            ended[is_model(folder)] += 1

    check()
    assert min(ended.values()) > 5, ended
