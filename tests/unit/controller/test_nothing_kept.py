"""What kopf keeps between two events of an object, and what of it would be copied: nothing."""

from typing import cast

import kopf

from refit_operator.controller.handlers import kopf_settings


class Untouchable(dict[str, object]):
    """An object that nobody may read or copy."""

    def __getitem__(self, key: str) -> object:
        raise AssertionError(f"{key} was read")

    def __iter__(self) -> object:  # type: ignore[override]
        raise AssertionError("it was copied")


def test_no_object_is_copied_to_be_compared() -> None:
    kept = kopf_settings().persistence
    body = kopf.Body(cast(kopf.RawBody, Untouchable()))
    essence = kept.diffbase_storage.build(body=body, extra_fields=None)
    assert kept.diffbase_storage.fetch(body=body) is None
    assert kept.progress_storage.clear(essence=essence) is essence and not essence


def test_nothing_is_written_into_an_object() -> None:
    kept, patch, body = kopf_settings().persistence, kopf.Patch(), kopf.Body({})
    kept.diffbase_storage.store(body=body, patch=patch, essence=kopf.BodyEssence())
    kept.progress_storage.touch(body=body, patch=patch, value="now")
    assert not patch
