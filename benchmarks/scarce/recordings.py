"""The language of telephone prompts, and a small Audio Spectrogram Transformer; then others speak, or the line is bad.

A prompt, and all pieces of it, is on one side for every speaker.
"""

import io
import random
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.recordings import RATE, STUDIO, TELEPHONE, VOICES, Samples, ensure_recordings, read_voice
from benchmarks.scarce import Domain, Kind, Materials, Row

SECONDS = 1.5
"""Of a piece: what is left at the end of a prompt is a piece where it is half as long."""
JUDGED_FROM, ASKED_FROM = 45, 70  # per cent of the prompts
LEARNT, JUDGED, ASKED = 800, 600, 600  # pieces at most
Change = Callable[[Samples], Samples]
Piece = tuple[Samples, str, int]
"""Samples, the language, and the side: which per cent of the prompts it is in."""


def _read(materials: Materials) -> Mapping[str, Domain]:
    pieces = [piece for voice in STUDIO for piece in _cut(materials["recordings"], voice)]
    others = [piece for voice in TELEPHONE for piece in _cut(materials["recordings"], voice)]
    random.Random(0).shuffle(pieces)
    random.Random(0).shuffle(others)
    learnt = [piece for piece in pieces if piece[2] < JUDGED_FROM][:LEARNT]
    judged = [piece for piece in pieces if JUDGED_FROM <= piece[2] < ASKED_FROM][:JUDGED]
    rest = [piece for piece in pieces if piece[2] >= ASKED_FROM]
    asked = rest[:ASKED]
    return {
        "studio": Domain(_rows(asked), _rows(learnt), _rows(judged)),
        "over GSM": Domain(_rows(asked, _over_gsm)),
        "noise": Domain(_rows(asked, _add_noise)),
        "other speakers": Domain(_rows([piece for piece in others if piece[2] >= ASKED_FROM][:ASKED])),
        "only Italian": Domain(_rows([piece for piece in rest if piece[1] == "it"])),
    }


def _cut(folder: Path, voice: str) -> Iterator[Piece]:
    length = round(SECONDS * RATE)
    for name, samples in read_voice(folder, voice).items():
        side = zlib.crc32(name.encode()) % 100
        for begin in range(0, len(samples), length):
            piece = samples[begin : begin + length]
            if len(piece) >= length / 2:
                yield piece, VOICES[voice].language, side


def _rows(pieces: Sequence[Piece], change: Change = lambda samples: samples) -> list[Row]:
    from refit_trainer.data.audio import write_wav

    return [{"audio": write_wav(change(samples), RATE), "label": language} for samples, language, _ in pieces]


def _over_gsm(samples: Samples) -> Samples:
    import soundfile

    line = io.BytesIO()
    soundfile.write(line, samples, RATE, format="WAV", subtype="GSM610")
    line.seek(0)
    heard, _ = soundfile.read(line)
    return heard


def _add_noise(samples: Samples) -> Samples:
    """Add white noise, ten decibels below the voice."""
    import numpy as np

    level = np.sqrt(np.mean(samples**2)) / 10**0.5
    return samples + np.random.default_rng(len(samples)).normal(0, 1, samples.shape) * level


def _start(materials: Materials, folder: Path) -> Path:
    from benchmarks.tasks.audio_classification import make_ast

    return make_ast(folder, seconds=SECONDS)


KIND = Kind(
    task="audio-classification",
    materials={"recordings": ensure_recordings},
    start=_start,
    hyperparameters={"learning_rate": "1e-3", "epochs": "6", "batch_size": "16"},
    read=_read,
)
