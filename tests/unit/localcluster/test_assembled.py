import json
from pathlib import Path

import pytest

from localcluster import addresses
from localcluster.assembled import needed_gib
from localcluster.commands import Failed, run
from localcluster.components import ALL
from localcluster.configs import write_configs
from localcluster.discovery import build_targets
from localcluster.disk import check_disk
from localcluster.paths import Layout


def test_a_cold_start_needs_room_and_a_warm_one_little() -> None:
    assert needed_gib(False, False) > needed_gib(True, False) > needed_gib(True, True)


def test_a_full_disk_is_told_with_numbers(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"GiB free and this needs 1000000 GiB"):
        check_disk(tmp_path / "not" / "there", 1e6)


def test_a_failed_command_shows_the_end_of_its_output() -> None:
    with pytest.raises(Failed, match="the reason"):
        run(["sh", "-c", "echo the reason; exit 3"])


def test_every_component_is_named_once_and_its_command_is_whole(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    commands = {component.name: component.argv(layout) for component in ALL}
    assert len(commands) == len(ALL)
    assert all(word and "None" not in word for argv in commands.values() for word in argv)


def test_ports_do_not_collide() -> None:
    ports = [value for name, value in vars(addresses).items() if name.isupper() and isinstance(value, int)]
    assert len(ports) == len(set(ports))


def test_configs_are_valid_where_they_are_json(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    write_configs(layout)
    for file in (*layout.config.rglob("*.json"), *layout.config.rglob("*.conflist")):
        json.loads(file.read_text())


def pod(phase: str = "Running", **annotations: str) -> dict[str, object]:
    marked = {f"prometheus.io/{name}": value for name, value in annotations.items()}
    metadata = {"name": "p", "namespace": "n", "labels": {"app": "a"}, "annotations": marked}
    return {"metadata": metadata, "status": {"phase": phase, "podIP": "10.244.0.9"}}


def test_pods_that_ask_for_it_are_scraped() -> None:
    targets = build_targets([pod(scrape="true", port="8000", path="/m"), pod(), pod("Succeeded", scrape="true")])
    labels = {"__metrics_path__": "/m", "namespace": "n", "pod": "p", "app": "a"}
    assert targets == [{"targets": ["10.244.0.9:8000"], "labels": labels}]
