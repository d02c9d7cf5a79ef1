"""The task speech-recognition on real recordings: from no letter at all to numbers read out, through the commands."""

import base64
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.tasks.speech_recognition import make_wav2vec2_bert, write_numbers
from refit_trainer.artifacts.model_folder import digest_folder
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.methods import full
from refit_trainer.tasks import LoadedModel, Prediction, Tally, find_task
from refit_trainer.tasks.components.speech import find_unknown, fit_case, normalize
from refit_trainer.tasks.speech_recognition import SpeechRecognition
from refit_trainer.training.training_state import temporary_states
from tests.support.trainer.commands import judge_config, read_rows, train_config
from tests.support.trainer.server import Serve
from tests.support.trainer.sounds import tone

RECORDINGS = Path(os.environ.get("REFIT_RECORDINGS", "/nowhere"))
needs_recordings = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="REFIT_RECORDINGS names no prepared folder")
SETTINGS = {"learning_rate": "2e-3", "batch_size": "8", "epochs": "6"}
COLUMNS = {"audio": "audio", "text": "text"}
TASK = find_task("speech-recognition")


def config(start: Path, rows: Path, output: Path, **changes: Any) -> str:
    dataset = {"train": rows.as_uri(), "format": "jsonl", "columns": COLUMNS}
    wanted = {"task": "speech-recognition", "dataset": dataset, "hyperparameters": SETTINGS}
    return json.dumps(train_config(start, rows, output, **(wanted | changes)))


def judged(candidate: Path, rows: Path, served: Path | None = None) -> dict[str, Any]:
    dataset, gate = {"holdout": rows.as_uri(), "columns": COLUMNS}, {"metric": "wer"}
    changes = {"task": "speech-recognition", "dataset": dataset, "gate": gate}
    return judge(json.dumps(judge_config(candidate, rows, served, **changes)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Numbers that one speaker reads out in the studio, another on the telephone, and a model of the first."""
    folder = tmp_path_factory.mktemp("numbers")
    for when, voice in {"before": "fr-june", "after": "fr-armelle"}.items():
        write_numbers(RECORDINGS, folder / when, voice, train=300, holdout=60, seed=1, longest=3)
    start = make_wav2vec2_bert(folder / "start", width=64, layers=2)
    train(config(start, folder / "before" / "train", folder / "out"))
    return folder


@needs_recordings
def test_words_are_learnt_from_nothing_drift_and_come_back(folder: Path, tmp_path: Path) -> None:
    before = judged(folder / "out", folder / "before" / "holdout")["candidate"]["metrics"]
    train(
        config(folder / "out", folder / "after" / "train", tmp_path / "out", hyperparameters=SETTINGS | {"epochs": "3"})
    )
    report = judged(tmp_path / "out", folder / "after" / "holdout", folder / "out")
    served, candidate = (report[name]["metrics"]["wer"] for name in ("served", "candidate"))
    print(f"before {before}, after the drift {served:.3f}, retrained {candidate:.3f}")
    assert before["cer"] < 0.3 and before["wer"] < 0.9 < served and candidate < served - 0.2  # untrained: 1


@needs_recordings
def test_the_model_writes_the_letters_of_its_rows(folder: Path) -> None:
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    rows = read_rows(folder / "before" / "train" / "rows.jsonl")
    assert set(manifest["labels"]) == {letter for row in rows for letter in row["text"]} - {" "}
    assert (
        TASK.known_labels(folder / "out") == tuple(manifest["labels"]) and TASK.known_labels(folder / "start") is None
    )


@needs_recordings
def test_a_transcript_is_served_and_its_words_counted(serve: Serve, folder: Path) -> None:
    server = serve(INITIAL_MODEL_URI=(folder / "out").as_uri(), TASK="speech-recognition", HOLDOUT_SHARE="0").wait()
    row = read_rows(folder / "before" / "holdout" / "rows.jsonl")[0]
    audio = (folder / "before" / "holdout" / row["audio"]).read_bytes()
    answer = server.post("/v1/predict", id="a", audio=base64.b64encode(audio).decode())
    assert answer["model"] == digest_folder(folder / "out") and 0 < answer["score"] <= 1
    assert server.post("/v1/feedback", id="a", label=row["text"])["judged"]
    wanted = TASK.tally(answer["label"], row["text"])
    assert (
        server.count("refit_serve_prediction_errors_total"),
        server.count("refit_serve_prediction_units_total"),
    ) == (
        wanted.errors,
        wanted.units,
    )
    (stored,) = read_rows(server.folder / "train" / "pod-1.jsonl")
    assert stored["text"] == row["text"]
    code, error = server.refused("/v1/feedback", id="b", label="un № deux")
    assert code == 422 and error == "text has '№', which the model can't write"


@needs_recordings
def test_letters_that_the_model_does_not_know_are_named(folder: Path, tmp_path: Path) -> None:
    rows = folder / "after" / "train"
    broken = [row | {"text": text} for row, text in zip(read_rows(rows / "rows.jsonl"), ("", "w", 3), strict=False)]
    (rows / "broken.jsonl").write_text("".join(json.dumps(row) + "\n" for row in broken))
    with pytest.raises(BadInput) as refused:
        train(config(folder / "out", rows / "broken.jsonl", tmp_path / "out"))
    assert str(refused.value).splitlines() == [
        "broken.jsonl:1: text is empty",
        "broken.jsonl:2: text has 'w', which the model can't write",
        "broken.jsonl:3: text is 3, not a string",
    ]


@pytest.mark.parametrize(
    ("answer", "truth", "tally"),
    [
        ("un deux trois", "un deux trois", Tally(0, 3)),
        ("UN  Deux trois", "un deux trois", Tally(0, 3)),
        ("un trois", "un deux trois", Tally(1, 3)),
        ("un dix trois", "un deux trois", Tally(1, 3)),
        ("un un deux", "un", Tally(2, 1)),
        ("", "un deux", Tally(2, 2)),
    ],
)
def test_errors_are_counted_by_word(answer: str, truth: str, tally: Tally) -> None:
    assert TASK.tally(answer, truth) == tally


def test_rates_are_over_all_words_and_letters() -> None:
    rows = [Row({"text": text}) for text in ("un deux trois", "six")]
    answers = [Prediction(text, 1.0) for text in ("un deux trios", "Dix")]
    assert TASK.measure(rows, answers) == {"wer": 2 / 4, "cer": (2 + 1) / (13 + 3)}


@pytest.mark.parametrize(
    ("letters", "fitted"),
    [("ABC", "A B"), ("abc", "a b"), ("aBc", "A b"), ("", "a b")],
    ids=["upper", "lower", "both", "no"],
)
def test_a_transcript_is_written_in_the_vocabularys_case(letters: str, fitted: str) -> None:
    assert fit_case(" A  b\n", letters) == fitted


@pytest.mark.parametrize(
    ("text", "letters", "written"),
    [
        ("Un, deux \N{EM DASH} trois!", "deinorstux", "un deux trois"),
        ("don\N{RIGHT SINGLE QUOTATION MARK}t", "DONT'", "DON'T"),
        ("don't", "dont", "dont"),
        ("caf\u0065\u0301", "acfe\u00e9", "caf\u00e9"),
        ("caf\u00e9", "acfe", "cafe"),
        ("a, b", "ab,", "a, b"),
        ("50 %", "ab", "50 %"),
    ],
    ids=["punctuation", "apostrophe", "no apostrophe", "composed", "accent", "written punctuation", "spoken"],
)
def test_a_transcript_is_written_in_the_letters_that_there_are(text: str, letters: str, written: str) -> None:
    assert normalize(text, letters) == written


def test_punctuation_is_no_error_and_nothing_is_no_transcript() -> None:
    assert TASK.tally("un deux trois", "Un, deux: trois.") == Tally(0, 3)
    assert TASK.measure([Row({"text": "Un, deux."})], [Prediction("un deux", 1.0)]) == {"wer": 0, "cer": 0}
    assert TASK.check_truth("un, deux!", tuple("deunx")) is None
    assert TASK.check_truth("un 2", tuple("deunx")) == "text has '2', which the model can't write"
    assert TASK.check_truth("...", None) == "text is '...', of which nothing is spoken"


def test_only_what_cannot_be_written_is_unknown() -> None:
    assert find_unknown("A cab's", "ABC'S") == [] and find_unknown("a dab", "ABC") == ["D"]


def write_stock_wav2vec2(folder: Path) -> None:
    """Write a folder as a stock script leaves it: one processor of both, capital letters, a head."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC
    from transformers import Wav2Vec2Processor as Processor

    names = ["<pad>", "<s>", "</s>", "<unk>", "|", "E", "T", "'"]
    (folder / "vocab.json").write_text(json.dumps({name: number for number, name in enumerate(names)}))
    tokenizer = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"))
    (folder / "vocab.json").unlink()
    size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    convolutions = {"conv_dim": [16] * 7, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2}
    torch.manual_seed(0)
    network = Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=len(names), classifier_proj_size=32, **size, **convolutions))
    network.save_pretrained(folder)
    Processor(Wav2Vec2FeatureExtractor(return_attention_mask=True), tokenizer).save_pretrained(folder)


def test_a_stock_wav2vec2_is_read_and_written(tmp_path: Path) -> None:
    import torch

    write_stock_wav2vec2(tmp_path)
    assert TASK.known_labels(tmp_path) == ("'", "E", "T")
    rows = [Row({"audio": tone(0.1), "text": "te"}), Row({"audio": tone(1.5), "text": "Te et' te"})]
    model = TASK.load(tmp_path, rows)
    batch = TASK.collator(model)(TASK.encode(model, rows))
    assert batch["labels"].tolist() == [[6, 5] + [-100] * 7, [6, 5, 4, 5, 6, 7, 4, 6, 5]]
    model.network.train()
    assert torch.isfinite(model.network(**batch).loss)
    answers = TASK.predict(model, rows)
    TASK.save(model, tmp_path / "out")
    again = TASK.load(tmp_path / "out")
    assert again.labels == model.labels and TASK.predict(again, rows) == answers
    assert all(set(answer.value) <= {"'", "E", "T", " "} for answer in answers)


def test_the_loss_of_a_batch_is_the_mean_over_its_rows(tmp_path: Path) -> None:
    """A stock checkpoint says `sum`: twice the rows would be twice the loss, and twice the learning rate."""
    import torch

    write_stock_wav2vec2(tmp_path)
    row = Row({"audio": tone(1.5), "text": "te et"})
    model = TASK.load(tmp_path, [row])
    model.network.eval()
    with torch.inference_mode():
        once, twice = (
            float(model.network(**TASK.collator(model)(TASK.encode(model, [row] * times))).loss) for times in (1, 2)
        )
    assert twice == pytest.approx(once, rel=1e-4)


class Noting(SpeechRecognition):
    """The task, which notes how long the recordings of each batch are, and how long the batch is."""

    def __init__(self) -> None:
        self.samples, self.padded = [0], [0]

    def collator(self, model: LoadedModel) -> Callable[[list[dict[str, Any]]], dict[str, Any]]:
        collate = super().collator(model)

        def note(encoded: list[dict[str, Any]]) -> dict[str, Any]:
            batch = collate(encoded)
            self.samples.append(sum(len(row["input_values"]) for row in encoded))
            self.padded.append(batch["input_values"].numel())
            return batch

        return note


def test_recordings_are_learnt_with_others_of_their_length(tmp_path: Path) -> None:
    write_stock_wav2vec2(tmp_path)
    seconds = [0.3 + 0.1 * number for number in range(32)]
    random.Random(7).shuffle(seconds)
    rows = [Row({"audio": tone(one, rate=16_000), "text": "te"}) for one in seconds]
    task, settings = Noting(), full.Hyperparameters.model_validate({"batch_size": 4, "epochs": 2})
    found = full.fit(task, task.load(tmp_path, rows), full.Split(rows), settings, temporary_states())
    assert found["loss"] > 0 and sum(task.samples) >= 2 * 16_000 * sum(seconds)
    assert 1 - sum(task.samples) / sum(task.padded) < 0.15
    by_chance = [seconds[start : start + 4] for start in range(0, 32, 4)]
    assert 1 - sum(seconds) / sum(4 * max(some) for some in by_chance) > 0.3  # what it is worth
