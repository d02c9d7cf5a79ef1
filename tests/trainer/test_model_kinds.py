"""All that AutoModelForSequenceClassification loads: which model is taken, and which is refused, with its folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.rows import Row
from refit_trainer.tasks import find_task
from refit_trainer.tasks.components.processors import load_feature_extractor
from refit_trainer.tasks.components.text_length import find_longest
from tests.support.trainer.commands import judge_config, run_command, train_config, write_rows
from tests.support.trainer.models import ROBERTA, make_classifier, make_gpt2, make_qwen, make_roberta
from tests.support.trainer.pictures import make_tiny_resnet, write_digits
from tests.support.trainer.server import Serve

TEXT = find_task("text-classification")
LONG = "the film is good . " * 30
END = {"eos_token": "</s>"}
KINDS: dict[str, Callable[[Path], Path]] = {
    "Roberta": make_roberta,
    "XLMRoberta": lambda folder: make_classifier(folder, "XLMRoberta", ROBERTA, max_position_embeddings=34),
    "Camembert": lambda folder: make_classifier(folder, "Camembert", ROBERTA, max_position_embeddings=34),
    "MPNet": lambda folder: make_classifier(folder, "MPNet", ROBERTA, max_position_embeddings=34),
    "GPT2": make_gpt2,
    "Llama": lambda folder: make_classifier(folder, "Llama", END, max_position_embeddings=32, eos_token_id=0),
    "Qwen2": make_qwen,
}


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    texts = [f"{text} {n}" for text in ("good", LONG, "the film is bad", "bad . " * 40) for n in range(4)]
    return write_rows(
        tmp_path / "rows.jsonl",
        [{"text": text, "label": "positive" if "good" in text else "negative"} for text in texts],
    )


def config_of(folder: Path, **changes: Any) -> Path:
    """Change config.json."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_of_any_kind_is_trained_judged_and_read_again(kind: str, rows: Path, tmp_path: Path) -> None:
    start = KINDS[kind](tmp_path / "start")
    report = train(json.dumps(train_config(start, rows, tmp_path / "out")))
    assert report["rows"] == 16
    judged = judge(json.dumps(judge_config(tmp_path / "out", rows, start)))
    assert judged["rows"] == 16
    model = TEXT.load(tmp_path / "out")
    assert model.processor.model_max_length == 32
    assert model.network.config.pad_token_id == model.processor.pad_token_id is not None


def test_what_is_answered_does_not_depend_on_the_batch(tmp_path: Path) -> None:
    for kind, make in KINDS.items():
        model = TEXT.load(make(tmp_path / kind))
        together = TEXT.predict(model, [Row({"text": "good"}), Row({"text": LONG})])
        alone = TEXT.predict(model, [Row({"text": "good"})])
        assert together[0].score == pytest.approx(alone[0].score, abs=5e-3), kind


def test_a_pad_token_that_tokenizer_and_network_disagree_on_is_the_tokenizers(tmp_path: Path) -> None:
    folder = config_of(make_gpt2(tmp_path / "gpt2", {"eos_token": "</s>", "pad_token": "<pad>"}), pad_token_id=5)
    assert TEXT.load(folder).network.config.pad_token_id == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"problem_type": "multi_label_classification"}, "problem_type 'multi_label_classification' in config.json"),
        ({"problem_type": "regression"}, "its head gives a number"),
        ({"problem_type": []}, "for one of a few labels it is 'single_label_classification' or none"),
        ({"model_type": "nobody-knows"}, "nobody-knows"),
        ({"vocab_size": 7}, "the weights don't fit config.json: roberta.embeddings.word"),
        ({"architectures": "RobertaForSequenceClassification", "hidden_act": "nothing"}, "nothing"),
        ({"id2label": {"zero": "negative"}}, "config.json: ValueError"),
        ({"num_attention_heads": 3}, "ValueError"),
    ],
)
def test_a_configuration_that_no_network_comes_of_is_the_models(
    changes: dict[str, Any], words: str, rows: Path, tmp_path: Path
) -> None:
    folder = config_of(make_roberta(tmp_path / "start"), **changes)
    with pytest.raises(BadInput, match=words) as refused:
        train(json.dumps(train_config(folder, rows, tmp_path / "out")))
    assert str(folder) in str(refused.value)


def test_a_model_without_any_token_to_pad_with_is_refused(rows: Path, tmp_path: Path) -> None:
    folder = make_gpt2(tmp_path / "start", {})
    ended = run_command("train", train_config(folder, rows, tmp_path / "out"), tmp_path)
    assert ended.code == 64, ended.output
    assert "neither a pad token nor one for the end of a text" in ended.message["error"]


def test_a_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    folder = make_classifier(tmp_path / "start", "Roberta", ROBERTA, max_position_embeddings=34, vocab_size=10)
    with pytest.raises(BadInput, match=r"token '.*' is number 16, and the weights have 10 embeddings"):
        TEXT.load(folder)


@pytest.mark.parametrize("limit", [1, 2, 31, 32, 33, 34, 64, 511, 512, 514])
@pytest.mark.parametrize("usable", [1, 2, 31, 32, 512])
def test_the_longest_text_is_found_by_trying(limit: int, usable: int) -> None:
    tried = []
    assert find_longest(lambda length: not tried.append(length) and length <= usable, limit) == min(usable, limit)
    assert len(tried) < 20


@pytest.mark.parametrize("part", ["startFrom", "candidate", "served"])
def test_a_folder_without_a_tokenizer_is_refused(
    part: str, published: Path, checkpoint: Path, train_rows: Path, tmp_path: Path
) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "manifest.json"):
        (checkpoint / name).unlink()
    judged = {"candidate": (checkpoint, published), "served": (published, checkpoint)}
    with pytest.raises(BadInput, match=r"the folder has no tokenizer \(tokenizer.json, vocab.txt"):
        if part == "startFrom":
            train(json.dumps(train_config(checkpoint, train_rows, tmp_path / "out")))
        else:
            candidate, served = judged[part]
            judge(json.dumps(judge_config(candidate, train_rows, served)))
    assert not (tmp_path / "out").exists()


def test_an_incomplete_folder_is_not_served(serve: Serve, checkpoint: Path) -> None:
    (checkpoint / "tokenizer.json").unlink()
    server = serve(INITIAL_MODEL_URI=checkpoint.as_uri())
    output, _ = server.process.communicate(timeout=60)
    assert server.process.returncode == 64 and "the folder has no tokenizer" in output


def test_images_and_recordings_need_what_prepares_them(tmp_path: Path) -> None:
    start = make_tiny_resnet(tmp_path / "resnet")
    (start / "preprocessor_config.json").unlink()
    rows = write_digits(tmp_path / "digits", 0, 40) / "rows.jsonl"
    columns = {"image": "image", "label": "label"}
    dataset = {"train": rows.as_uri(), "format": "jsonl", "columns": columns}
    config = train_config(start, rows, tmp_path / "out", task="image-classification", dataset=dataset)
    with pytest.raises(BadInput, match=r"the folder has no image processor \(preprocessor_config.json"):
        train(json.dumps(config))
    with pytest.raises(BadInput, match=r"the folder has no feature extractor \(preprocessor_config.json"):
        load_feature_extractor(tmp_path)


def test_half_a_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = make_roberta(tmp_path / "start")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "RobertaTokenizer"}')
    (folder / "vocab.json").write_text(json.dumps({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": 4}))
    with pytest.raises(BadInput, match="merges"):
        TEXT.load(folder)


def test_characters_need_no_vocabulary(tmp_path: Path) -> None:
    import transformers

    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    config = transformers.CanineConfig(
        **size, max_position_embeddings=256, num_hash_buckets=64, id2label={0: "a", 1: "b"}
    )
    transformers.CanineForSequenceClassification(config).save_pretrained(tmp_path / "canine")
    transformers.CanineTokenizer().save_pretrained(tmp_path / "canine")
    model = TEXT.load(tmp_path / "canine")
    assert len(TEXT.predict(model, [Row({"text": "good"}), Row({"text": LONG})])) == 2


def test_what_the_machine_lacks_may_be_retried(tmp_path: Path) -> None:
    passing = [
        MemoryError(),
        OSError(28, "No space left on device"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
        RuntimeError("CUDA error: uncorrectable ECC error encountered"),
    ]
    for error in passing:
        with pytest.raises(type(error)), refusing_model(tmp_path):
            raise error
    lasting = [
        OSError("Can't load the model"),
        FileNotFoundError(2, "No such file"),
        RuntimeError("CUDA error: device-side assert triggered"),
        IndexError("index out of range in self"),
        ImportError("requires the sentencepiece library"),
    ]
    for error in lasting:
        with pytest.raises(BadInput, match=type(error).__name__), refusing_model(tmp_path):
            raise error
