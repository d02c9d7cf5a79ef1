"""What the kind provider says of an engine that lacks something.

The engine is a script: a real one can't be made to be too small, or to hold a cluster that was never finished.
"""

from pathlib import Path

import pytest

from localcluster.commands import Failed
from localcluster.engine import Engine
from localcluster.kind import Kind
from localcluster.paths import Layout

SCRIPT = """#!/bin/sh
echo "$*" >> {log}
case "$*" in
{cases}
*) exit 1 ;;
esac
"""
LARGE = 'info*) echo "4 17179869184" ;;'
IMAGE = "localhost/node:1"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "asked"


@pytest.fixture(autouse=True)
def node_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFIT_NODE_IMAGE", IMAGE)
    monkeypatch.delenv("REFIT_KIND_WORKERS", raising=False)


def kind(log: Path, *cases: str) -> Kind:
    program = log.with_name("docker")
    program.write_text(SCRIPT.format(log=log, cases="\n".join(cases)))
    program.chmod(0o755)
    return Kind(Layout(log.with_name("cache")), str(program))


def test_an_engine_that_is_too_small_is_told_by_its_size(log: Path) -> None:
    small = kind(log, 'info*) echo "1 2147483648" ;;')
    with pytest.raises(Failed, match=r"has 1 CPUs and 2\.0 GiB of memory; the cluster needs 2 and 6 GiB: give it more"):
        small.fetch()


def test_an_image_that_is_there_is_not_pulled(log: Path) -> None:
    kind(log, LARGE, "'image inspect'*) ;;").fetch()
    assert "pull" not in log.read_text()


def test_an_image_that_cannot_be_had_is_told_with_the_cause_and_both_ways_out(log: Path) -> None:
    offline = kind(log, LARGE, 'pull*) echo "trying"; echo "no such host" >&2; exit 1 ;;')
    with pytest.raises(Failed) as failure:
        offline.fetch()
    said = str(failure.value)
    assert f"kind's node image {IMAGE} is not here and can't be pulled (no such host)" in said
    assert "REFIT_NODE_IMAGE" in said and "REFIT_CLUSTER=node" in said


def test_a_cluster_that_was_never_finished_is_not_started(log: Path) -> None:
    half_made = kind(log, "ps*) echo refit-control-plane ;;", "start*) ;;")
    with pytest.raises(Failed, match="was not made to its end; begin again with python3 -m localcluster down and up"):
        half_made.start()
    assert "start refit-control-plane" not in log.read_text()


def test_down_asks_the_engine_alone(log: Path) -> None:
    kind(log, "ps*) echo refit-worker; echo refit-control-plane ;;", "rm*) ;;").down()
    removed = [line for line in log.read_text().splitlines() if line.startswith("rm ")]
    assert removed == [f"rm --force --volumes refit-{name}" for name in ("control-plane", "worker")]


@pytest.mark.parametrize(("answer", "labelled"), [("abc", "abc"), ("", "")])
def test_the_key_of_an_image_is_its_label(answer: str, labelled: str, log: Path) -> None:
    engine = Engine(Layout(log.parent), kind(log, f"'image inspect'*) echo {answer} ;;").program)
    assert engine.label("localhost/refit-stub:dev", "refit.dev/key") == labelled
    assert Engine(Layout(log.parent), kind(log).program).label("gone", "refit.dev/key") == ""
