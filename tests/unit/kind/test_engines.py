from tests.kind.engines import settings


def test_only_in_the_corner_the_node_image_is_ours() -> None:
    assert settings("podman", "localhost/kind-node:1") == {"REFIT_CLUSTER": "kind"}
    assert settings(None, "localhost/kind-node:1") == {
        "REFIT_CLUSTER": "kind",
        "REFIT_NODE_IMAGE": "localhost/kind-node:1",
    }
