"""Which cluster a machine gets, and what is said where it can have none."""

import re
from pathlib import Path

import pytest

from localcluster.choice import KIND, NODE, Choice, Machine, choose, forget, refuse_another, remember, remembered
from localcluster.commands import Failed
from localcluster.paths import Layout

NO_ENGINE = "there is no container engine here (neither docker nor podman)"


@pytest.mark.parametrize(
    ("wanted", "machine", "chosen"),
    [
        ("", Machine("docker", ("docker",)), (KIND, "docker")),
        ("", Machine("podman", ("podman",), is_debian=False, is_root=False), (KIND, "podman")),
        ("", Machine("docker", ("docker",), is_debian=False, is_root=False), (KIND, "docker")),
        ("", Machine(None), (NODE, None)),
        ("", Machine(None, ("docker",)), (NODE, None)),
        ("node", Machine("docker", ("docker",)), (NODE, None)),
        ("kind", Machine("podman", ("docker", "podman")), (KIND, "podman")),
    ],
)
def test_an_engine_that_answers_means_kind(wanted: str, machine: Machine, chosen: tuple[str, str | None]) -> None:
    choice = choose(wanted, lambda: machine, None)
    assert (choice.cluster, choice.engine) == chosen and choice.why


@pytest.mark.parametrize(
    ("machine", "silent", "start", "lacking"),
    [
        (Machine(None, is_debian=False, is_root=False), NO_ENGINE, "install one", "this machine is no Debian"),
        (Machine(None, is_root=False), NO_ENGINE, "install one", "you are not root"),
        (Machine(None, ("docker",), "permission denied", is_debian=False),
         "docker is installed but does not answer (permission denied)", "start one", "is no Debian"),
        (Machine(None, ("docker", "podman"), is_root=False), "docker and podman are installed but do not answer",
         "start one", "you are not root"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_in_a_sentence(machine: Machine, silent: str, start: str, lacking: str) -> None:
    with pytest.raises(Failed) as failure:
        choose("", lambda: machine, None)
    said = str(failure.value)
    assert said.startswith(f"{silent}: {start}, and try again. (A cluster without an engine needs Debian and root; ")
    assert said.endswith(f"{lacking}.)")


def test_kind_without_an_engine_is_refused_whoever_asks() -> None:
    with pytest.raises(Failed, match=f"^REFIT_CLUSTER is kind, but {re.escape(NO_ENGINE)}$"):
        choose("kind", lambda: Machine(None), None)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(Failed, match="REFIT_CLUSTER is 'minikube'; it may be kind or node"):
        choose("minikube", lambda: Machine("docker"), None)


def test_what_up_made_is_meant_until_down_even_if_the_engine_is_silent(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    made = Choice(KIND, "docker", "docker answers")
    remember(layout, made)
    assert remembered(layout) == made == choose("", lambda: Machine(None), remembered(layout))
    assert choose("node", lambda: Machine("docker"), made).cluster == NODE
    forget(layout)
    assert remembered(layout) is None and choose("", lambda: Machine(None), remembered(layout)).cluster == NODE


def test_a_second_cluster_of_the_other_kind_is_refused() -> None:
    made = Choice(KIND, "docker")
    refuse_another(None, made)
    refuse_another(made, made)
    with pytest.raises(Failed, match="a kind cluster is up: end it with REFIT_CLUSTER=kind python3 -m"):
        refuse_another(made, Choice(NODE))


def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_text('{"cluster": "kind", "of": "a later version"}')
    assert remembered(Layout(tmp_path)) is None
