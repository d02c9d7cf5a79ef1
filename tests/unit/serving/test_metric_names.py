"""The model server's metrics have one prefix, and the reference names each of them."""

from localcluster.paths import CHECKOUT
from refit_serving.metrics import DRIFT, ESTIMATED, Metrics

PAGE = (CHECKOUT / "docs" / "reference" / "trainer.md").read_text()


def exported() -> set[str]:
    """Return the names that queries use; `process_*` are the client library's."""
    families = [family for family in Metrics().registry.collect() if not family.name.startswith("process_")]
    return {family.name + ("_total" if family.type == "counter" else "") for family in families} | {DRIFT, ESTIMATED}


def test_every_metric_has_the_prefix_and_is_in_the_reference() -> None:
    assert len(exported()) > 15
    assert [name for name in exported() if not name.startswith("refit_serve_")] == []
    assert [name for name in exported() if f"`{name}" not in PAGE] == []
