"""Two assembled nodes don't meet: neither in control groups nor on one machine."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from localcluster import control_groups, ownership, processes
from localcluster.commands import Failed
from localcluster.paths import Layout


def test_each_cache_has_groups_of_its_own(tmp_path: Path) -> None:
    one, other = Layout(tmp_path / "one"), Layout(tmp_path / "other")
    assert control_groups.root(one) != control_groups.root(other) and control_groups.root(one).startswith("/refit-")


def test_a_new_group_has_the_processors_of_the_whole(tmp_path: Path) -> None:
    """A stand-in for cgroup v1, whose kernel fills a new cpuset with empty files."""
    layout, mount = Layout(tmp_path / "cache"), tmp_path / "cgroup"
    for hierarchy in ("cpuset", "memory"):
        (mount / hierarchy).mkdir(parents=True)
    group = mount / "cpuset" / control_groups.root(layout).lstrip("/")
    group.mkdir()
    for name in control_groups.CPUSET:
        (mount / "cpuset" / name).write_text("0-1\n")
        (group / name).write_text("\n")
    control_groups.ensure(layout, mount)
    assert [(group / name).read_text() for name in control_groups.CPUSET] == ["0-1\n", "0-1\n"]
    assert (mount / "memory" / group.name).is_dir()


def test_only_its_own_groups_go(tmp_path: Path) -> None:
    layout, mount = Layout(tmp_path / "cache"), tmp_path / "cgroup"
    ours = mount / "memory" / control_groups.root(layout).lstrip("/") / "kubepods" / "pod1"
    another = mount / "memory" / "kubepods" / "pod1"
    for folder in (ours, another):
        folder.mkdir(parents=True)
    control_groups.remove(control_groups.root(layout), mount)
    assert list((mount / "memory").iterdir()) == [another.parent]


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the assembled node is Linux's, and /proc too")


def kubelet_of(layout: Layout, pid: int) -> None:
    process = processes.identify(pid)
    assert process
    layout.pids.mkdir(parents=True)
    (layout.pids / "kubelet.json").write_text(json.dumps(asdict(process)))


@on_linux
def test_the_node_of_another_cache_is_not_disturbed(tmp_path: Path) -> None:
    one, other, owner = Layout(tmp_path / "one"), Layout(tmp_path / "other"), tmp_path / "owner"
    ownership.claim(one, "kubelet.json", owner)
    kubelet_of(one, os.getpid())
    ownership.claim(one, "kubelet.json", owner)
    with pytest.raises(Failed, match=f"REFIT_CACHE={one.root} REFIT_CLUSTER=node python3 -m localcluster down"):
        ownership.claim(other, "kubelet.json", owner)
    ownership.release(other, owner)
    assert owner.exists()
    ownership.release(one, owner)
    ownership.claim(other, "kubelet.json", owner)


def test_a_node_that_no_longer_runs_holds_nothing(tmp_path: Path) -> None:
    one, other, owner = Layout(tmp_path / "one"), Layout(tmp_path / "other"), tmp_path / "owner"
    ownership.claim(one, "kubelet.json", owner)
    ownership.claim(other, "kubelet.json", owner)
    assert owner.read_text() == str(other.root)
