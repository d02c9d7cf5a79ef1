from pathlib import Path

import pytest

from localcluster.binaries import COREDNS, ETCD, FLUX, KUBERNETES, KUEUE, Source, program
from localcluster.paths import Layout


@pytest.mark.parametrize(
    ("name", "source"),
    [("kube-apiserver", KUBERNETES), ("kubectl", KUBERNETES), ("coredns", COREDNS), ("etcd", ETCD)],
    ids=lambda each: each if isinstance(each, str) else each.name,
)
def test_a_program_of_the_node_is_found_by_its_name(name: str, source: Source, tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert program(layout, name) == f"{source.output(layout)}/{name}"


@pytest.mark.parametrize("source", [KUEUE, FLUX], ids=lambda source: source.name)
def test_what_is_kept_beside_a_program_is_of_a_module_that_is_pinned(source: Source) -> None:
    pinned = (source.folder / "go.mod").read_text()
    assert source.manifests
    for kept in source.manifests:
        module, _, folder = kept.partition("//")
        assert f"{module} v" in pinned and folder
