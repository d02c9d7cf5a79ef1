"""Who is notified: the administrator's file, and what is refused in it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from refit_operator.api.metadata import Ref
from refit_operator.api.run import Outcome
from refit_operator.notifications.receivers import MOST, Receiver, read_receivers
from refit_operator.notifications.rules.episode import episode_of
from tests.support.monitors import finished

SLACK = {"name": "ml", "format": "Slack", "url": "https://hooks.example/T/B/secret"}


def written(folder: Path, *receivers: dict[str, Any]) -> str:
    file = folder / "notifications.yaml"
    file.write_text(yaml.safe_dump({"receivers": list(receivers)}))
    return str(file)


def test_without_a_file_nobody_is_notified() -> None:
    assert read_receivers("") == ()


def test_addresses_and_tokens_are_read_from_files_when_they_are_needed(tmp_path: Path) -> None:
    url, token = tmp_path / "url", tmp_path / "token"
    receiver = {"name": "broker", "format": "CloudEvents", "urlFile": str(url), "tokenFile": str(token)}
    (found,) = read_receivers(written(tmp_path, receiver))
    url.write_text("https://one.example/\n")
    token.write_text("first\n")
    assert found.address() == "https://one.example/"
    token.write_text("second\n")
    assert found.headers() == {"Content-Type": "application/cloudevents+json", "Authorization": "Bearer second"}
    url.write_text("file:///etc/passwd")
    with pytest.raises(ValueError, match="http"):
        found.address()


@pytest.mark.parametrize(
    ("change", "namespace", "outcome", "wanted"),
    [
        ({}, "shop", Outcome.PROMOTED, True),
        ({"namespaces": "prod-*"}, "shop", Outcome.PROMOTED, False),
        ({"namespaces": "prod-*"}, "prod-shop", Outcome.PROMOTED, True),
        ({"outcomes": ["Failed", "RolledBack"]}, "shop", Outcome.PROMOTED, False),
        ({"outcomes": ["Failed", "RolledBack"]}, "shop", Outcome.ROLLED_BACK, True),
    ],
)
def test_a_receiver_is_for_namespaces_and_outcomes(
    change: dict[str, Any], namespace: str, outcome: Outcome, wanted: bool
) -> None:
    found = episode_of(finished(10))
    assert found
    made = replace(found, monitor=Ref(namespace, "reviews"), outcome=outcome)
    assert Receiver.model_validate(SLACK | change).wants(made) is wanted


@pytest.mark.parametrize(
    ("receivers", "said"),
    [
        ([SLACK | {"url": "ftp://hooks.example/secret"}], "receivers.0: Value error, an address is http"),
        ([SLACK | {"url": "https://user:secret@hooks.example"}], "without credentials"),
        ([SLACK | {"urlFile": "/a"}], "exactly one of url and urlFile"),
        ([{"name": "ml", "format": "Slack"}], "exactly one of url and urlFile"),
        ([SLACK | {"format": "Teams"}], "receivers.0.format"),
        ([SLACK | {"outcomes": ["Fialed"]}], "receivers.0.outcomes.0"),
        ([SLACK | {"namespaces": "Prod"}], "receivers.0.namespaces"),
        ([SLACK | {"ulr": "x"}], "receivers.0.ulr"),
        ([SLACK, SLACK], "a name of its own"),
        ([SLACK | {"name": f"r{number}"} for number in range(MOST + 1)], "receivers"),
    ],
)
def test_what_is_wrong_is_said_by_its_field_and_no_address_is_quoted(
    receivers: list[dict[str, Any]], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="REFIT_NOTIFICATIONS=") as refused:
        read_receivers(written(tmp_path, *receivers))
    assert said in str(refused.value) and "secret" not in str(refused.value)


def test_a_file_that_is_not_there_or_no_yaml_is_said(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("{")
    for name in ("gone", "broken"):
        with pytest.raises(ValueError, match=f"{name} can't be read"):
            read_receivers(str(tmp_path / name))
