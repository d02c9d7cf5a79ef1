from pathlib import Path

import pytest

from localcluster import control_groups
from localcluster.commands import Failed
from localcluster.paths import Layout
from tests.kind.corner import Corner, engine_settings
from tests.kind.programs import environment


def test_everything_is_below_the_cache(tmp_path: Path) -> None:
    corner = Corner(Layout(tmp_path))
    settings = engine_settings(corner)
    places = [settings["data-root"], settings["exec-root"], settings["pidfile"]]
    assert all(str(place).startswith(f"{tmp_path}/kind/") for place in places)
    assert settings["cgroup-parent"] != engine_settings(Corner(Layout(tmp_path / "other")))["cgroup-parent"]
    assert settings["hosts"] == [f"unix://{corner.socket}"]


def test_no_command_runs_in_a_corner_that_is_down(tmp_path: Path) -> None:
    corner = Corner(Layout(tmp_path))
    assert corner.holder() is None and not corner.is_up()
    with pytest.raises(Failed, match="prepare"):
        corner.command(["true"])


def test_a_pid_file_of_another_boot_names_nobody(tmp_path: Path) -> None:
    corner = Corner(Layout(tmp_path))
    corner.state.mkdir(parents=True)
    (corner.state / "holder.json").write_text('{"pid": 1, "start": 1, "boot": "another"}')
    assert corner.holder() is None


def test_only_its_own_control_groups_go(tmp_path: Path) -> None:
    for hierarchy in ("cpu", "memory"):
        for name in ("refit-kind/node/kubelet", "kubepods/pod"):
            (tmp_path / hierarchy / name).mkdir(parents=True)
    (tmp_path / "refit-kind").mkdir()
    control_groups.remove("refit-kind", tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*")) == [
        "cpu/kubepods",
        "memory/kubepods",
    ]
    assert not (tmp_path / "refit-kind").exists()


def test_unpacked_programs_come_before_the_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    (tmp_path / "usr/lib/arch").mkdir(parents=True)
    (tmp_path / "usr/lib/arch/libslirp.so.0").touch()
    found = environment(tmp_path)
    assert found["PATH"].split(":")[:3] == [f"{tmp_path}/usr/bin", f"{tmp_path}/usr/sbin", "/usr/bin"]
    assert found["LD_LIBRARY_PATH"] == f"{tmp_path}/usr/lib/arch"
