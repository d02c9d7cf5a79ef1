"""Numbers read out digit by digit, as a telephone system does it: by playing one recording after another.

One speaker in the studio, then another on the telephone. What is said in the holdout isn't said in the training rows.
"""

import random
from pathlib import Path

from benchmarks.recordings import RATE, Samples, ensure_recordings, read_voice
from benchmarks.rows import write_rows
from benchmarks.tasks import Materials, Scenario

WORDS = {
    "es": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
    "fr": ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
    "it": ["zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"],
}
SHORTEST, LONGEST = 2, 4
"""Digits of a number."""
QUIET = 0.02
"""Of a sample between -1 and 1: where a digit's recording begins and ends."""
PAUSE = (200, 1200)
"""Samples between two digits."""


def write_numbers(
    recordings: Path, folder: Path, voice: str, train: int, holdout: int, seed: int, longest: int = LONGEST
) -> None:
    """Write so many rows, `train` and `holdout`, of numbers of two to `longest` digits that a voice reads out."""
    from refit_trainer.data.audio import write_wav

    draw = random.Random(seed)
    found = read_voice(recordings, voice)
    spoken = [_trim(found[f"digits/{digit}"]) for digit in range(10)]
    numbers = _draw_numbers(draw, train + holdout, longest)
    words = WORDS[voice.partition("-")[0]]
    rows = [
        {"audio": write_wav(_say(number, spoken, draw), RATE), "text": " ".join(words[digit] for digit in number)}
        for number in numbers
    ]
    write_rows(folder / "train", rows[:train])
    write_rows(folder / "holdout", rows[train:])


def make_wav2vec2_bert(folder: Path, width: int = 96, layers: int = 3) -> Path:
    """Write a wav2vec2-BERT, a Conformer on filter banks, small and untrained, without a head or a vocabulary."""
    import torch
    from transformers import SeamlessM4TFeatureExtractor, Wav2Vec2BertConfig, Wav2Vec2BertModel

    torch.manual_seed(0)
    size = {"hidden_size": width, "intermediate_size": 2 * width, "output_hidden_size": width}
    shape = {"num_hidden_layers": layers, "num_attention_heads": 4, "conv_depthwise_kernel_size": 15}
    spared = {"mask_time_prob": 0.0, "layerdrop": 0.0}  # so small a model can do without nothing
    network = Wav2Vec2BertConfig(max_source_positions=500, **size, **shape, **spared)
    Wav2Vec2BertModel(network).save_pretrained(folder)
    SeamlessM4TFeatureExtractor(sampling_rate=2 * RATE).save_pretrained(folder)
    return folder


def _draw_numbers(draw: random.Random, count: int, longest: int) -> list[tuple[int, ...]]:
    """Return numbers of which none is drawn twice."""
    numbers: dict[tuple[int, ...], None] = {}
    while len(numbers) < count:
        numbers[tuple(draw.choices(range(10), k=draw.randint(SHORTEST, longest)))] = None
    return list(numbers)


def _say(number: tuple[int, ...], spoken: list[Samples], draw: random.Random) -> Samples:
    import numpy as np

    parts = [(spoken[digit] * draw.uniform(0.7, 1), np.zeros(draw.randint(*PAUSE))) for digit in number]
    return np.concatenate([samples for part in parts for samples in part])


def _trim(samples: Samples) -> Samples:
    import numpy as np

    heard = np.flatnonzero(np.abs(samples) > QUIET)
    return samples[max(0, heard[0] - 200) : heard[-1] + 400]


def _write(materials: Materials, folder: Path) -> None:
    make_wav2vec2_bert(folder / "model")
    write_numbers(materials["recordings"], folder / "before", "fr-june", train=600, holdout=150, seed=1)
    write_numbers(materials["recordings"], folder / "after", "fr-armelle", train=600, holdout=150, seed=2)


SCENARIO = Scenario(
    task="speech-recognition",
    model="wav2vec2-BERT of 3 layers, from its configuration",
    data="numbers read out in French, spliced of Asterisk's recorded digits",
    drift="one speaker in the studio → another, over GSM",
    metric="wer",
    columns={"audio": "audio", "text": "text"},
    hyperparameters={"learning_rate": "2e-3", "epochs": "8", "batch_size": "16"},
    write=_write,
    materials={"recordings": ensure_recordings},
)
