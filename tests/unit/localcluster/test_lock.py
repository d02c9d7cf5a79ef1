"""The pins of the trainer's image: all of them with hashes, from no named index, and fitting what is required."""

import re

import pytest

from localcluster.lock import FOLDER, pins, unpinned

LOCKS = ("requirements", "torch", "sbom")


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes_and_no_index_is_named(name: str) -> None:
    text = (FOLDER / f"{name}.lock").read_text()
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.split("\n", 2)[2])
    assert len(blocks) == len(pins(text)) > 0
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"--(extra-)?index-url|--find-links|--trusted-host|://", text)


def test_torch_is_in_its_own_file() -> None:
    names = {name: {pin for pin, _ in pins((FOLDER / f"{name}.lock").read_text())} for name in LOCKS}
    assert "torch" in names["torch"] and "torch" not in names["requirements"]
    assert not any(name.startswith(("nvidia-", "cuda-")) for name in names["requirements"])


def test_a_requirement_that_no_pin_fits_is_named() -> None:
    text = "a==1.2 \\\n    --hash=sha256:0\nb-c==2.0 ; python_version < '3.12' \\\nb-c==2.1 \\\n"
    assert unpinned(["a~=1.0", "B-C>=2.1"], text) == []
    assert unpinned(["a~=1.3", "d"], text) == ["a~=1.3", "d"]
