import pytest

from localcluster.commands import Failed
from localcluster.provider import choose_name


@pytest.mark.parametrize(
    ("wanted", "engine", "can_get_image", "chosen"),
    [
        ("", None, True, "node"),
        ("", "docker", True, "kind"),
        ("", "podman", True, "kind"),
        ("", "docker", False, "node"),
        ("kind", None, False, "kind"),
        ("node", "docker", True, "node"),
    ],
)
def test_an_engine_with_the_node_image_means_kind(
    wanted: str, engine: str | None, can_get_image: bool, chosen: str
) -> None:
    assert choose_name(wanted, engine, lambda _engine: can_get_image) == chosen


def test_the_override_never_asks_for_the_image() -> None:
    def must_not_ask(_engine: str) -> bool:
        raise AssertionError

    assert choose_name("node", "docker", must_not_ask) == "node"


def test_an_unknown_override_is_refused() -> None:
    with pytest.raises(Failed, match="may be kind or node"):
        choose_name("minikube", "docker", lambda _engine: True)
