"""From an object store to files: nothing is written outside of the copy."""

from pathlib import Path
from typing import Any

import fsspec
import pytest

from refit_trainer.contract.errors import BadInput
from refit_trainer.storage.uris import fetch, list_names, remove


def test_a_folder_is_copied_with_its_subfolders() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe({"/copied/model/a.json": b"1", "/copied/model/deep/b.json": b"2", "/copied/other": b"3"})
    folder = fetch("memory://copied/model")
    assert {str(path.relative_to(folder)) for path in folder.rglob("*")} == {"a.json", "deep", "deep/b.json"}
    assert fetch("memory://copied/other").read_bytes() == b"3"
    assert list_names("memory://copied/model") == ["a.json", "deep"]
    remove("memory://copied/model")
    assert list_names("memory://copied/model") == []


def test_a_name_that_leads_outside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object store's keys may hold `..`; fsspec's memory can't, so its listing is made to."""
    memory: Any = fsspec.filesystem("memory")
    memory.pipe({"/escaping/model/config.json": b"{}", "/escaping/evil": b"!"})
    names = ["/escaping/model/config.json", "/escaping/model/../evil"]
    monkeypatch.setattr(type(memory), "find", lambda *_, **__: names)
    with pytest.raises(BadInput, match=r"'../evil' is outside of it"):
        fetch("memory://escaping/model")
    assert not list(Path("/tmp").glob("refit-*/evil"))
