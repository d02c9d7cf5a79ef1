"""Who is notified: the administrator's file, and what is refused in it."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from localcluster.paths import CHECKOUT
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


def test_a_proxy_has_credentials_only_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "proxy"
    (bare,) = read_receivers(written(tmp_path, SLACK | {"proxy": "http://proxy.example:3128"}))
    (found,) = read_receivers(written(tmp_path, SLACK | {"proxyFile": str(file)}))
    file.write_text("http://user:secret@proxy.example:3128\n")
    assert (bare.way(), found.way()) == ("http://proxy.example:3128", "http://user:secret@proxy.example:3128")
    assert Receiver.model_validate(SLACK).way() is None
    file.write_text("proxy.example:3128")
    with pytest.raises(ValueError, match="http"):
        found.way()


def test_the_receivers_of_the_guide_are_read(tmp_path: Path) -> None:
    guide = (CHECKOUT / "docs" / "how-to" / "notifications.md").read_text()
    whole, *_, proxied = map(yaml.safe_load, re.findall(r"^```yaml\n(.*?)^```", guide, re.MULTILINE | re.DOTALL))
    (file,) = whole["data"].values()
    found = read_receivers(written(tmp_path, *yaml.safe_load(file)["receivers"]))
    assert [receiver.name for receiver in found] == ["ml-channel", "broker"]
    (behind,) = read_receivers(written(tmp_path, *proxied))
    assert behind.way() == "http://proxy.example:3128"


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
        ([SLACK | {"proxy": "socks5://secret"}], "receivers.0: Value error, an address is http"),
        ([SLACK | {"proxy": "http://user:secret@proxy.example"}], "without credentials"),
        ([SLACK | {"proxy": "http://proxy.example", "proxyFile": "/a"}], "at most one of proxy and proxyFile"),
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
