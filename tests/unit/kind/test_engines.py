from collections.abc import Sequence

import pytest

from tests.kind.engines import find_engine, settings


@pytest.mark.parametrize(
    ("answering", "found"),
    [({"docker", "podman"}, "docker"), ({"podman"}, "podman"), (set[str](), None)],
)
def test_an_engine_of_the_machine_comes_before_the_corner(answering: set[str], found: str | None) -> None:
    def answers(words: Sequence[str]) -> bool:
        return words[0] in answering

    assert find_engine(answers) == found


def test_only_in_the_corner_the_node_image_is_ours() -> None:
    assert settings("podman", "localhost/kind-node:1") == {"REFIT_CLUSTER": "kind"}
    assert settings(None, "localhost/kind-node:1") == {
        "REFIT_CLUSTER": "kind",
        "REFIT_NODE_IMAGE": "localhost/kind-node:1",
    }
