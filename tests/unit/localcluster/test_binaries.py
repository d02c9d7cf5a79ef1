from pathlib import Path

import pytest

from localcluster.binaries import COREDNS, ETCD, KUBERNETES, Source, program
from localcluster.paths import Layout


@pytest.mark.parametrize(
    ("name", "source"),
    [("kube-apiserver", KUBERNETES), ("kubectl", KUBERNETES), ("coredns", COREDNS), ("etcd", ETCD)],
    ids=lambda each: each if isinstance(each, str) else each.name,
)
def test_a_program_of_the_node_is_found_by_its_name(name: str, source: Source, tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    assert program(layout, name) == f"{source.output(layout)}/{name}"
