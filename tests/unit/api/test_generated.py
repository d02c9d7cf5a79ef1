"""What is generated is written, or with --check only held against what it is made of."""

from pathlib import Path

import pytest

from refit_operator.api.generated import write_or_check


def test_what_differs_or_is_missing_is_said_and_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same, other, missing = (tmp_path / name for name in ("same", "other", "missing"))
    same.write_text("a")
    other.write_text("old")
    assert write_or_check(dict.fromkeys((same, other, missing), "a"), "make it", ["--check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{path} differs from what it is made of, run `make it`" for path in (other, missing)]
    assert other.read_text() == "old" and not missing.exists()


def test_what_is_written_passes_the_check(tmp_path: Path) -> None:
    files = {tmp_path / "one": "a", tmp_path / "two": "b"}
    assert write_or_check(files, "make it", []) == 0
    assert {path: path.read_text() for path in files} == files
    assert write_or_check(files, "make it", ["--check"]) == 0
