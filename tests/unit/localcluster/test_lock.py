"""The lock files: every pin with hashes, from no named index, and fitting what is required."""

import re

import pytest

from localcluster import lock
from localcluster.lock import pins, unpinned
from localcluster.lockfiles import DEV, LOCKS, OPERATOR, SBOM_TOOL, SITE_TOOL, TORCH, TRAINER, Lock
from localcluster.paths import CHECKOUT

FILES = (*(each.path for each in LOCKS), TORCH, SBOM_TOOL, SITE_TOOL)


def names(path: str) -> set[str]:
    return {name for name, _ in pins((CHECKOUT / path).read_text())}


@pytest.mark.parametrize("path", FILES)
def test_every_pin_has_hashes_and_no_index_is_named(path: str) -> None:
    text = (CHECKOUT / path).read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.split("\n", 2)[2])
    assert len(blocks) == len(pins(text)) > 0
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host|://", text)


def test_torch_is_in_its_own_file() -> None:
    assert "torch" in names(TORCH) and "torch" not in names(TRAINER.path)
    assert not any(name.startswith(("nvidia-", "cuda-")) for name in names(TRAINER.path))


def test_the_operators_image_has_the_versions_that_its_tests_run_with() -> None:
    assert set(pins(OPERATOR.text())) <= set(pins(DEV.text()))


def test_a_requirement_that_no_pin_fits_is_named() -> None:
    text = "a==1.2 \\\n    --hash=sha256:0\nb-c==2.0 ; python_version < '3.12' \\\nb-c==2.1 \\\n"
    assert unpinned(["a~=1.0", "B-C>=2.1"], text) == []
    assert unpinned(["a~=1.3", "d"], text) == ["a~=1.3", "d"]


@pytest.mark.parametrize("each", LOCKS, ids=lambda each: each.path)
def test_a_requirement_without_a_pin_is_told_for_each_lock(each: Lock, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lock.check() == []
    required = each.requirements()
    monkeypatch.setattr(Lock, "requirements", lambda it: [*required, "unheard-of"] if it is each else [])
    assert lock.check() == [f"{each.path} has no pin for unheard-of: run make lock"]
