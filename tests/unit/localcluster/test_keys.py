from dataclasses import replace
from pathlib import Path

import pytest

from localcluster.bases import TRAINER_BASE
from localcluster.builder import Image
from localcluster.images import TRAINER
from localcluster.keys import files_key, key
from localcluster.run_image import test_pins as pins_of

PYPROJECT = """
[project]
name = "refit-operator"
version = "0.1.0"
[project.optional-dependencies]
trainer = ["transformers~=5.0"]
demo = ["httpx~=0.28"]
dev = ["pytest~=9.2", "ruff"]
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    for folder in TRAINER.code:
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / TRAINER.dockerfile).write_text("FROM scratch\n")
    return tmp_path


def keys(checkout: Path, image: Image = TRAINER) -> tuple[str, str]:
    return image.dependencies_key(checkout), image.key(checkout)


def test_parts_do_not_run_together() -> None:
    assert key("ab", "c") != key("a", "bc")


def test_a_files_key_is_of_names_modes_and_contents(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("x")
    before = files_key([tmp_path], tmp_path)
    file.touch()
    assert files_key([tmp_path], tmp_path) == before
    file.chmod(0o755)
    after_mode = files_key([tmp_path], tmp_path)
    file.rename(tmp_path / "b")
    assert len({before, after_mode, files_key([tmp_path], tmp_path)}) == 3


def test_code_changes_the_image_but_not_its_dependencies(checkout: Path) -> None:
    dependencies, whole = keys(checkout)
    (checkout / TRAINER.code[0] / "new.py").write_text("x = 1\n")
    assert keys(checkout)[0] == dependencies
    assert keys(checkout)[1] != whole


def test_bytecode_changes_nothing(checkout: Path) -> None:
    before = keys(checkout)
    cache = checkout / TRAINER.code[0] / "__pycache__"
    cache.mkdir()
    (cache / "x.pyc").write_bytes(b"x")
    assert keys(checkout) == before


def test_tool_settings_change_nothing(checkout: Path) -> None:
    before = keys(checkout)
    (checkout / "pyproject.toml").write_text(PYPROJECT + "[tool.ruff]\nline-length = 120\n")
    assert keys(checkout) == before


def test_a_dependency_the_dockerfile_and_the_base_change_the_dependencies(checkout: Path) -> None:
    seen = {keys(checkout)[0]}
    seen.add(keys(checkout, replace(TRAINER, base=replace(TRAINER_BASE, packages=("python3",))))[0])
    (checkout / "pyproject.toml").write_text(PYPROJECT.replace("~=5.0", "~=5.1"))
    seen.add(keys(checkout)[0])
    (checkout / TRAINER.dockerfile).write_text("FROM other\n")
    seen.add(keys(checkout)[0])
    assert len(seen) == 4


def test_test_packages_follow_the_pins_of_the_project(checkout: Path) -> None:
    pins = pins_of(checkout / "pyproject.toml")
    assert {"pytest~=9.2", "httpx~=0.28", "pytest-timeout"} <= set(pins)
