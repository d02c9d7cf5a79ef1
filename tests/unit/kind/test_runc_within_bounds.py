import json
from pathlib import Path

import pytest

from tests.kind.runc_within_bounds import NAMES, Bounds, capabilities_in, edit, edited_file, fitted, value_of

HERE = Bounds(frozenset({"CAP_CHOWN", "CAP_SYS_ADMIN"}), 0, {"RLIMIT_NOFILE": 1000})
ROOT = Bounds(frozenset({"CAP_CHOWN", "CAP_SYS_RESOURCE"}), 0, {"RLIMIT_NOFILE": 1000})
ASKED = {
    "args": ["/sbin/init"],
    "capabilities": {"bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE"], "effective": ["CAP_SYS_RESOURCE"]},
    "oomScoreAdj": -999,
    "rlimits": [
        {"type": "RLIMIT_NOFILE", "hard": 5000, "soft": 500},
        {"type": "RLIMIT_CORE", "hard": 5000, "soft": 5000},
    ],
}


def test_a_root_that_lacks_a_right_is_asked_for_no_more_than_it_has() -> None:
    assert fitted(ASKED, HERE) == {
        "args": ["/sbin/init"],
        "capabilities": {"bounding": ["CAP_CHOWN"], "effective": []},
        "rlimits": [
            {"type": "RLIMIT_NOFILE", "hard": 1000, "soft": 500},
            {"type": "RLIMIT_CORE", "hard": 5000, "soft": 5000},
        ],
    }


def test_a_root_that_lacks_nothing_is_asked_for_all() -> None:
    assert fitted(ASKED, ROOT) == ASKED


@pytest.mark.parametrize("process", [{}, {"args": ["sh"]}, {"capabilities": None, "rlimits": None}])
def test_what_asks_for_nothing_stays(process: dict[str, object]) -> None:
    assert fitted(process, HERE) == process


def test_a_score_that_makes_it_more_likely_to_be_killed_stays() -> None:
    assert fitted({"oomScoreAdj": 500}, HERE) == {"oomScoreAdj": 500}


def test_capabilities_are_read_by_their_numbers() -> None:
    assert capabilities_in("Name:\trunc\nCapBnd:\t0000000000000003\n") == {"CAP_CHOWN", "CAP_DAC_OVERRIDE"}
    assert "CAP_SYS_RESOURCE" not in capabilities_in("CapBnd:\t000001fffeffffff\n")
    assert len(capabilities_in("CapBnd:\t000001ffffffffff\n")) == len(NAMES)


@pytest.mark.parametrize(
    ("line", "value"),
    [("create --bundle /b id", "/b"), ("create --bundle=/b id", "/b"), ("create -b /b id", "/b"), ("create id", None)],
)
def test_an_option_has_its_value_after_it_or_after_an_equals_sign(line: str, value: str | None) -> None:
    assert value_of(line.split(), "--bundle", "-b") == value


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("--root /r create --bundle /b id", (Path("/b/config.json"), "process")),
        ("run id", (Path("config.json"), "process")),
        ("exec --process /p.json id", (Path("/p.json"), None)),
        ("exec id sh", None),
        ("delete id", None),
    ],
)
def test_only_what_starts_a_process_is_edited(line: str, found: tuple[Path, str | None] | None) -> None:
    assert edited_file(line.split()) == found


def test_the_rest_of_a_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"process": {"oomScoreAdj": -5}, "root": {"path": "/"}}))
    edit(file, "process", HERE)
    assert json.loads(file.read_text()) == {"process": {}, "root": {"path": "/"}}
    file.write_text(json.dumps({"oomScoreAdj": -5, "cwd": "/"}))
    edit(file, None, HERE)
    assert json.loads(file.read_text()) == {"cwd": "/"}
