"""Folders that take long to make: the sentences, the recordings, the ratings."""

from pathlib import Path

import pytest

from localcluster.made_once import make_once


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REFIT_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "recipe.py"
    file.write_text("first")
    return file


def test_it_is_made_once_for_a_recipe(recipe: Path) -> None:
    calls: list[str] = []

    def make(scratch: Path, target: Path) -> None:
        calls.append(recipe.read_text())
        (scratch / "archive").touch()
        (target / "file").write_text(recipe.read_text())

    first = make_once("data", recipe, make)
    assert make_once("data", recipe, make) == first and calls == ["first"]
    recipe.write_text("second")
    second = make_once("data", recipe, make)
    assert [(folder / "file").read_text() for folder in (first, second)] == ["first", "second"]
    assert [path.name for path in second.iterdir()] == ["file"]
    assert sorted(path.name for path in first.parent.iterdir()) == sorted([first.name, second.name])


def test_what_fails_leaves_nothing(recipe: Path) -> None:
    def fail(scratch: Path, target: Path) -> None:
        (target / "file").touch()
        raise OSError("no network")

    with pytest.raises(OSError, match="no network"):
        make_once("data", recipe, fail)
    assert list((recipe.parent / "cache").iterdir()) == []
