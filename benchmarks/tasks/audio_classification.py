"""Which language is spoken: one studio speaker a language, then other speakers through a telephone's codec.

With a single speaker for each language a model learns voices as much as languages, so other speakers are a drift that
hurts. The same prompt is on the same side for every speaker: no model is judged on words that it was trained on.
"""

import random
import zlib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.recordings import RATE, STUDIO, TELEPHONE, VOICES, ensure_recordings, read_voice
from benchmarks.rows import write_rows
from benchmarks.tasks import Materials, Scenario

HOLDOUT_PERCENT = 30
SHORTEST, LONGEST = 1.0, 8.0
"""Seconds; what is shorter holds a word or none, what is longer is a menu."""


def write_prompts(recordings: Path, folder: Path, voices: Sequence[str], seconds: float) -> None:
    """Write the beginnings of the voices' prompts as rows, `train` and `holdout`."""
    from refit_trainer.data.audio import write_wav

    sides: dict[str, list[dict[str, object]]] = {"train": [], "holdout": []}
    for voice in voices:
        for name, samples in read_voice(recordings, voice).items():
            if SHORTEST <= len(samples) / RATE <= LONGEST:
                audio = write_wav(samples[: round(seconds * RATE)], RATE)
                sides[_side(name)].append({"audio": audio, "label": VOICES[voice].language, "voice": voice})
    for side, rows in sides.items():
        random.Random(0).shuffle(rows)
        write_rows(folder / side, rows)


def make_ast(folder: Path, seconds: float, width: int = 96, layers: int = 3) -> Path:
    """Write an Audio Spectrogram Transformer, small and untrained, without a head; it hears so many seconds."""
    import torch
    from transformers import ASTConfig, ASTFeatureExtractor, ASTModel

    torch.manual_seed(0)
    frames = round(seconds * 100)
    size = {"hidden_size": width, "intermediate_size": 2 * width, "num_hidden_layers": layers}
    strides = {"frequency_stride": 16, "time_stride": 16}
    ASTModel(ASTConfig(num_attention_heads=4, max_length=frames, num_mel_bins=64, **size, **strides)).save_pretrained(
        folder
    )
    ASTFeatureExtractor(sampling_rate=2 * RATE, num_mel_bins=64, max_length=frames).save_pretrained(folder)
    return folder


def _side(name: str) -> str:
    return "holdout" if zlib.crc32(name.encode()) % 100 < HOLDOUT_PERCENT else "train"


def _write(materials: Materials, folder: Path) -> None:
    make_ast(folder / "model", seconds=2.5)
    write_prompts(materials["recordings"], folder / "before", STUDIO, seconds=2.5)
    write_prompts(materials["recordings"], folder / "after", TELEPHONE, seconds=2.5)


SCENARIO = Scenario(
    task="audio-classification",
    model="Audio Spectrogram Transformer of 3 layers, from its configuration",
    data="the language of Asterisk's telephone prompts: Spanish, French, Italian",
    drift="one studio speaker a language → other speakers, over GSM",
    metric="accuracy",
    columns={"audio": "audio", "label": "label"},
    hyperparameters={"learning_rate": "1e-3", "epochs": "6", "batch_size": "16"},
    write=_write,
    materials={"recordings": ensure_recordings},
)
