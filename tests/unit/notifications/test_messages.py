"""The bodies that receivers get: what others wrote can mention nobody, and an event is a CloudEvent."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from refit_operator.notifications.rules.episode import Episode, episode_of
from refit_operator.notifications.rules.messages import LONGEST_TEXT, cloud_event, slack_body
from tests.support.monitors import finished


def episode(**changes: Any) -> Episode:
    found = episode_of(finished(10, "Failed", status={"message": "out of memory"}))
    assert found
    return replace(found, **changes)


def test_a_message_says_of_what_why_and_how_it_ended() -> None:
    first, second, third = slack_body(episode())["text"].splitlines()
    assert first == "*shop/reviews: the run failed*"
    assert second.startswith("Accuracy was in breach with 0.8, threshold 0.85. Run reviews-1-")
    assert second.endswith("Failed (Failed).") and third == "out of memory"


@pytest.mark.parametrize("text", ["<!channel> all", "<https://evil.example|click>", "a & b <@U1>"])
def test_what_a_pod_wrote_mentions_nobody_and_links_to_nothing(text: str) -> None:
    sent = slack_body(episode(message=text))["text"]
    assert "<" not in sent and ">" not in sent


def test_a_long_message_is_cut_in_both() -> None:
    long = episode(message="x" * 40_000)
    assert len(slack_body(long)["text"]) == LONGEST_TEXT
    assert len(cloud_event(long)["data"]["message"]) == LONGEST_TEXT


def test_an_event_has_the_attributes_that_are_required_and_can_be_told_from_others() -> None:
    one, again = cloud_event(episode()), cloud_event(episode())
    assert one == again == json.loads(json.dumps(one))
    assert one["specversion"] == "1.0" and one["id"] == "run-1-uid" and one["type"] == "dev.refit.retrainrun.ended"
    assert one["source"] == "/apis/refit.dev/v1alpha1/namespaces/shop/modelmonitors/reviews"
    assert all(name.islower() and name.isalnum() for name in one)
    assert one["time"].endswith("Z") and datetime.fromisoformat(one["time"]) == episode().ended
    assert one["data"]["outcome"] == "Failed"
