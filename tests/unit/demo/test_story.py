from demo.report import render
from demo.story import Accuracies, Evidence, Requests, failures, parse_attempt, percent
from tests.support import stories


def test_a_run_is_read_from_its_document() -> None:
    assert parse_attempt(stories.run_document()) == stories.attempt()


def test_a_run_that_was_just_made_has_no_times_yet() -> None:
    document = stories.run_document()
    del document["status"]
    attempt = parse_attempt(document)
    assert (attempt.started, attempt.trained, attempt.gate, attempt.outcome) == (None, None, None, "")


def test_the_story_as_it_should_be_has_no_failures() -> None:
    assert failures(stories.story()) == []


def test_each_failure_is_named() -> None:
    same = failures(stories.story(digests=(stories.OLD, stories.OLD)))
    assert same[0] == f"the served model did not change: {stories.OLD}"
    other = failures(stories.story(digests=(stories.OLD, "sha256:other")))
    assert other == ["sha256:other is served, not the candidate"]
    low = failures(stories.story(accuracies=Accuracies(0.83, 0.72, 0.77, 0.82)))
    assert low == ["accuracy on the new traffic is 77.0 %, not back above 78.0 %"]
    assert failures(stories.story(requests=Requests(9000, 2))) == ["2 of 9000 requests failed"]
    assert failures(stories.story(requests=Requests(0, 0))) == ["no requests were counted"]


def test_what_could_not_be_measured_is_a_failure() -> None:
    assert len(failures(stories.story(accuracies=Accuracies(None, None, None, None)))) == 1
    assert len(failures(stories.story(digests=(stories.OLD, "")))) == 1


def test_the_recovery_is_the_first_good_reading_after_the_rollout() -> None:
    story = stories.story()
    assert story.recovered is not None
    assert 115 < (story.recovered - story.drift).total_seconds() < 125
    assert stories.story(attempt=stories.attempt(rolled_out=None)).recovered is None


def test_the_report_tells_the_times_from_the_drift_on() -> None:
    text = render(stories.story())
    assert "17:00:40    +40 s  breach     accuracy 0.724 over 980 outcomes since 16:59 UTC; evidence 9,100 that" in text
    assert "17:01:35    +95 s  candidate  93.1 % on the holdout against 78.1 %" in text
    assert "requests   12000 sent, 0 failed" in text


def test_a_breach_of_which_no_event_is_left_is_told_by_its_value() -> None:
    lost = stories.story(evidence=Evidence("", (), None))
    assert "17:00:40    +40 s  breach     accuracy 72.4 % < 78.0 %" in render(lost)


def test_percent() -> None:
    assert (percent(0.9312), percent(None)) == ("93.1 %", "unknown")
