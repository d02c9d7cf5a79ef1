"""The task audio-classification on real recordings, through the commands and the server that texts go through."""

import base64
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from benchmarks.tasks.audio_classification import make_ast, write_prompts
from refit_trainer.commands.judge import judge
from refit_trainer.commands.train import train
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.audio import check_audio, encode_recordings, pad_recordings, read_audio, write_wav
from refit_trainer.data.blob import Blob
from refit_trainer.data.rows import Row
from refit_trainer.training.encoded import Encoder
from tests.support.trainer.commands import judge_config, read_rows, train_config
from tests.support.trainer.server import Serve
from tests.support.trainer.sounds import tone

RECORDINGS = Path(os.environ.get("REFIT_RECORDINGS", "/nowhere"))
needs_recordings = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="REFIT_RECORDINGS names no prepared folder")
SECONDS = 1.0
SETTINGS = {"learning_rate": "2e-3", "batch_size": "16", "epochs": "4"}
COLUMNS = {"audio": "audio", "label": "label"}


def config(start: Path, rows: Path, output: Path, **changes: Any) -> str:
    dataset = {"train": rows.as_uri(), "format": "jsonl", "columns": COLUMNS}
    wanted = {"task": "audio-classification", "dataset": dataset, "hyperparameters": SETTINGS}
    return json.dumps(train_config(start, rows, output, **(wanted | changes)))


def judged(candidate: Path, rows: Path, served: Path | None = None) -> dict[str, Any]:
    dataset = {"holdout": rows.as_uri(), "columns": COLUMNS | {"slice": "voice"}}
    return judge(json.dumps(judge_config(candidate, rows, served, task="audio-classification", dataset=dataset)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A speaker of Spanish and one of Italian in the studio, two others on the telephone, and a model of the first."""
    folder = tmp_path_factory.mktemp("languages")
    for when, voices in {"before": ("es-allison", "it-carlo"), "after": ("es-colombia", "it-menardi")}.items():
        write_prompts(RECORDINGS, folder / when, voices, SECONDS)
    start = make_ast(folder / "ast", SECONDS, width=64, layers=2)
    train(config(start, folder / "before" / "train", folder / "out"))
    return folder


@needs_recordings
def test_languages_drift_with_their_speakers_and_come_back(folder: Path, tmp_path: Path) -> None:
    before = judged(folder / "out", folder / "before" / "holdout")["candidate"]["metrics"]["accuracy"]
    train(config(folder / "out", folder / "after" / "train", tmp_path / "out"))
    report = judged(tmp_path / "out", folder / "after" / "holdout", folder / "out")
    served, candidate = (report[name]["metrics"]["accuracy"] for name in ("served", "candidate"))
    print(f"before {before:.3f}, after the drift {served:.3f}, retrained {candidate:.3f}")
    assert before > 0.85 and served < before - 0.1 and candidate > served + 0.1
    assert set(report["slices"]) == {"es-colombia", "it-menardi"}


@needs_recordings
def test_a_recording_is_served_and_its_label_stored(serve: Serve, folder: Path) -> None:
    server = serve(INITIAL_MODEL_URI=(folder / "out").as_uri(), TASK="audio-classification", HOLDOUT_SHARE="0").wait()
    answer = server.post("/v1/predict", id="a", audio=base64.b64encode(tone().read()).decode())
    assert answer["label"] in ("es", "it")
    assert server.post("/v1/feedback", id="a", label="it")["stored"] == "train"
    (row,) = read_rows(server.folder / "train" / "pod-1.jsonl")
    assert row["label"] == "it" and (server.folder / "train" / row["audio"]).read_bytes() == tone().read()
    assert server.count("refit_serve_prediction_errors_total") == float(answer["label"] != "it")
    code, error = server.refused("/v1/predict", audio=base64.b64encode(b"text").decode())
    assert code == 422 and error.startswith("audio can't be read as a recording")


@needs_recordings
def test_recordings_are_not_cut(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"hyperparameters.max_length=9: recordings aren't cut"):
        train(config(folder / "out", folder / "after" / "train", tmp_path / "out", hyperparameters={"max_length": "9"}))


@pytest.mark.parametrize("format", ["WAV", "FLAC", "OGG", "MP3"])
def test_a_recording_is_heard_at_the_models_rate(format: str) -> None:
    samples = read_audio(tone(rate=44100, channels=2, format=format), 16000)
    middle = samples[4000:12000]
    assert samples.dtype == np.float32 and abs(len(samples) - 16000) < 1500
    assert np.argmax(np.abs(np.fft.rfft(middle))) == 220 and 0.4 < np.abs(middle).max() < 0.6


def not_a_number() -> Blob:
    contents = io.BytesIO()
    soundfile.write(contents, np.full(8000, np.nan), 8000, format="WAV", subtype="FLOAT")
    return Blob(contents.getvalue())


@pytest.mark.parametrize(
    ("audio", "problem"),
    [
        (tone(), None),
        (tone(format="FLAC"), None),
        (Blob(b"text"), "audio can't be read as a recording"),
        (tone(seconds=0), "audio is empty"),
        (tone(seconds=121), "audio has 121 s, more than 120"),
        (not_a_number(), "audio has samples that aren't numbers"),
    ],
)
def test_what_is_no_recording_is_named(audio: Blob, problem: str | None) -> None:
    found = check_audio(audio)
    assert found is None if problem is None else found is not None and found.startswith(problem)


def test_features_are_the_same_kept_or_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import Wav2Vec2FeatureExtractor

    extractor = Wav2Vec2FeatureExtractor(return_attention_mask=True)
    recordings = [tone(0.1), tone(0.5)]
    rows = [Row({"audio": recording}) for recording in recordings]

    def encode(some: Sequence[Row]) -> list[dict[str, Any]]:
        return encode_recordings(extractor, [row.values["audio"] for row in some])

    found = Encoder(tmp_path, "", encode).encode(rows)
    kept = [found[0], found[1]]
    assert found[1] is kept[1]
    monkeypatch.setattr("refit_trainer.training.encoded.KEPT_BYTES", 0)
    anew = list(Encoder(tmp_path, "", encode).encode(rows))
    batches = [pad_recordings(extractor, encoded) for encoded in (kept, anew)]
    assert (batches[0]["input_values"] == batches[1]["input_values"]).all()
    assert batches[0]["input_values"].shape == (2, 8000) and batches[0]["attention_mask"].sum(dim=1).tolist() == [
        4000,
        8000,
    ]


def test_a_wav_is_written_as_it_is_read() -> None:
    samples = np.linspace(-0.5, 0.5, 8000)
    assert np.abs(read_audio(write_wav(samples, 8000), 8000) - samples).max() < 1e-4
