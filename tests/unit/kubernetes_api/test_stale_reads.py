"""Which answers are too old to be believed."""

import pytest

from refit_operator.kubernetes_api.errors import Transient
from refit_operator.kubernetes_api.stale_reads import BELIEVED_AFTER_S, REMEMBERED, Newest


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_answers_may_stand_still_and_grow() -> None:
    newest = Newest()
    for version in ("7", "7", "9"):
        newest.take("runs", newest.of("runs"), version)
    assert newest.of("runs") == 9
    with pytest.raises(Transient, match="an old answer about runs: version 8, and 9 was read before"):
        newest.take("runs", newest.of("runs"), "8")


def test_an_answer_is_held_against_what_was_known_when_it_was_asked_for() -> None:
    newest = Newest()
    least = newest.of("runs")
    newest.take("runs", newest.of("runs"), "9")  # asked later, answered sooner
    newest.take("runs", least, "8")
    assert newest.of("runs") == 9


def test_a_version_that_is_no_number_is_taken_for_the_oldest() -> None:
    newest = Newest()
    newest.take("runs", 0, "what nobody promised")
    assert newest.of("runs") == 0


def test_a_store_that_went_back_is_believed_after_a_while() -> None:
    """As after a restore from a backup: else nothing would be decided until somebody restarted the operator."""
    time = Time()
    newest = Newest(time)
    newest.take("runs", 0, "9")
    with pytest.raises(Transient):
        newest.take("runs", 9, "3")
    time.now = BELIEVED_AFTER_S
    newest.take("runs", 9, "4")
    assert newest.of("runs") == 4
    with pytest.raises(Transient):
        newest.take("runs", newest.of("runs"), "3")


def test_a_new_answer_between_two_old_ones_starts_the_wait_anew() -> None:
    time = Time()
    newest = Newest(time)
    newest.take("runs", 0, "9")
    for time.now, version in ((0.0, "3"), (BELIEVED_AFTER_S, "9"), (BELIEVED_AFTER_S + 1, "3")):
        if version == "9":
            newest.take("runs", 9, version)
            continue
        with pytest.raises(Transient):
            newest.take("runs", 9, version)


def test_what_was_read_long_ago_is_forgotten() -> None:
    newest = Newest()
    for name in range(REMEMBERED + 1):
        newest.take(str(name), 0, "9")
    assert (newest.of("0"), newest.of("1")) == (0, 9)
