import json

import pytest

from refit_trainer.contract.config import JudgeConfig, TrainConfig, parse_config
from refit_trainer.contract.errors import BadInput
from tests.support.trainer.commands import ROOT

TRAIN = (ROOT / "tests/contract/train-config.json").read_text()
JUDGE = (ROOT / "tests/contract/judge-config.json").read_text()


def test_the_contracts_examples_parse() -> None:
    train, judge = parse_config(TRAIN, TrainConfig), parse_config(JUDGE, JudgeConfig)
    assert train.start_from.uri == "file:///refit/volumes/models/reviews-v1"
    assert train.hyperparameters == {"learning_rate": "1e-4", "epochs": "1", "method": "full"}
    assert train.protect == ("file:///refit/volumes/models/reviews-v1",)
    assert judge.served and judge.served.digest and judge.dataset.columns["slice"] == "domain"


def test_a_newer_operators_keys_are_ignored() -> None:
    assert parse_config(json.dumps({**json.loads(TRAIN), "sinceThen": 1}), TrainConfig)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("task", None, "task=None"),
        ("output", "/not/a/uri", "output='/not/a/uri'"),
        ("startFrom.digest", "sha1:abc", "startFrom.digest='sha1:abc'"),
        ("dataset.recent", 0, "dataset.recent=0: Input should be greater than 0"),
        ("dataset.format", "", "dataset.format=''"),
        ("dataset.replay", 0.95, "dataset.replay=0.95: Input should be less than or equal to 0.9"),
        ("dataset.recent", None, "replay=0.2 needs recent: without it every row is used"),
        ("dataset.columns", {"text": 3}, "dataset.columns.text=3"),
        ("hyperparameters", {"epochs": 1}, "hyperparameters.epochs=1"),
        ("run.uid", "", "run.uid=''"),
    ],
)
def test_a_wrong_field_is_named_with_its_value(path: str, value: object, message: str) -> None:
    document = json.loads(TRAIN)
    *parents, last = path.split(".")
    target = document
    for parent in parents:
        target = target[parent]
    target[last] = value
    with pytest.raises(BadInput) as refused:
        parse_config(json.dumps(document), TrainConfig)
    assert message in str(refused.value)


@pytest.mark.parametrize("text", ["", "  ", "{", "[]", "null"])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="REFIT_CONFIG"):
        parse_config(text, TrainConfig)


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        parse_config('{"task": "text-classification"}', TrainConfig)
    for field in ("startFrom", "dataset", "output", "run"):
        assert field in str(refused.value)
