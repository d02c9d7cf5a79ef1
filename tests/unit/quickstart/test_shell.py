"""Commands of the page run in one bash: what one sets the next has, and how one ends is known."""

import os
from pathlib import Path

from tests.quickstart.shell import shell


def test_later_commands_have_what_earlier_ones_set(tmp_path: Path) -> None:
    with shell(tmp_path, os.environ) as bash:
        bash.run("NAME=digits")
        bash.run('show() {\n    echo "$NAME"\n}')
        assert bash.run("show").output == "digits"
        assert bash.run("pwd").output == str(tmp_path)


def test_a_failure_anywhere_in_a_pipe_is_the_commands(tmp_path: Path) -> None:
    with shell(tmp_path, os.environ) as bash:
        assert [bash.run(one).status for one in ("true", "false | cat", "(exit 3)", "true")] == [0, 1, 3, 0]


def test_output_of_both_streams_is_kept_and_a_command_reads_nothing_of_the_next(tmp_path: Path) -> None:
    with shell(tmp_path, os.environ) as bash:
        assert bash.run("echo one; echo two >&2; cat; printf three").output == "one\ntwo\nthree"


def test_a_job_in_the_background_goes_on_until_it_is_killed(tmp_path: Path) -> None:
    with shell(tmp_path, os.environ) as bash:
        bash.run("tail -f /dev/null &")
        assert bash.run("jobs %1").output.startswith("[1]")
        assert bash.run("kill %1").status == 0
        assert bash.run("wait $!").status == 143


def test_a_shell_that_ends_is_the_commands_failure(tmp_path: Path) -> None:
    with shell(tmp_path, os.environ) as bash:
        assert bash.run("exit 7").status == 7
