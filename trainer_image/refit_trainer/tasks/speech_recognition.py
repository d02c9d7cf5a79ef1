"""Speech to text, by letters: wav2vec2, HuBERT, WavLM and any other that AutoModelForCTC knows."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCTC

from refit_trainer.contract.errors import BadInput
from refit_trainer.contract.library_errors import refusing_model
from refit_trainer.data.audio import check_audio, encode_recordings, measure_seconds, pad_recordings, write_wav
from refit_trainer.data.blob import Blob
from refit_trainer.data.columns import ColumnRoles
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction, Tally, Task
from refit_trainer.tasks.components.batches import predict_in_batches
from refit_trainer.tasks.components.heads import check_whole, has_head, read_config
from refit_trainer.tasks.components.processors import OFFLINE
from refit_trainer.tasks.components.speech import (
    count_errors,
    find_unknown,
    fold,
    has_vocabulary,
    load_processor,
    measure_errors,
    normalize,
)
from refit_trainer.training.compute import pick_device

BATCH = 16  # recordings transcribed at once
IGNORED_LABEL = -100  # of a label: the loss leaves it out
Batch = dict[str, Any]


class SpeechRecognition(Task):
    """The task `speech-recognition`; a model's labels are the letters that it can write."""

    roles = ColumnRoles(required=("audio", "text"), files=("audio",))
    input = "audio"
    truth = "text"
    has_one_answer = True
    metrics: Mapping[str, bool] = {"wer": False, "cer": False}

    def known_labels(self, folder: Path) -> tuple[str, ...] | None:
        """Return the letters of a model that has a head for them."""
        if not has_head(read_config(folder), "ForCTC"):
            return None
        if not has_vocabulary(folder):
            raise BadInput(f"{folder} has a head for letters, but no vocabulary that says which")
        with refusing_model(folder):
            return load_processor(folder, ()).letters

    def check_input(self, value: Any) -> str | None:
        """Say what is wrong with a recording."""
        return check_audio(value)

    def check_truth(self, value: Any, labels: tuple[str, ...] | None) -> str | None:
        """Say what is wrong with a transcript."""
        if not isinstance(value, str):
            return f"text is {value!r}, not a string"
        if not value.strip():
            return "text is empty"
        if not fold(value):
            return f"text is {value!r:.60}, of which nothing is spoken"
        unknown = find_unknown(value, labels) if labels else []
        return f"text has {', '.join(map(repr, unknown))}, which the model can't write" if unknown else None

    def check_pair(self, value: Any, truth: Any) -> str | None:
        """Find nothing: any recording may have any transcript."""
        return None

    def answers(self, truth: Any, labels: tuple[str, ...]) -> list[str]:
        """Return the letters that the transcript is written in."""
        return [letter for letter in normalize(truth, labels) if letter != " "]

    def example(self) -> Blob:
        """Return a second of silence."""
        return write_wav(np.zeros(16_000), 16_000)

    def load(self, folder: Path, rows: Sequence[Row] = ()) -> LoadedModel:
        """Load network and processor; a new head gets the letters of the vocabulary, or of the rows' transcripts."""
        is_trained = self.known_labels(folder) is not None
        with refusing_model(folder):
            processor = load_processor(folder, (row.values["text"] for row in rows))
            network = _load_network(folder, processor.tokenizer, is_trained)
        return LoadedModel(network.to(pick_device()), processor, processor.letters, folder=folder)

    def size_of(self, value: Any) -> float:
        """Return the recording's length in seconds."""
        return measure_seconds(value)

    def limit_length(self, model: LoadedModel, length: int) -> None:
        """Refuse: a transcript of half a recording would be wrong."""
        raise BadInput(f"hyperparameters.max_length={length}: recordings aren't cut")

    def save(self, model: LoadedModel, folder: Path) -> None:
        """Write safetensors, configuration, feature extractor and vocabulary."""
        model.network.save_pretrained(folder)
        model.processor.save_pretrained(folder)

    def encode(self, model: LoadedModel, rows: Sequence[Row]) -> list[Batch]:
        """Return features and the letters' numbers."""
        inputs = encode_recordings(model.processor.extractor, [row.values["audio"] for row in rows])
        texts = [normalize(row.values["text"], model.labels) for row in rows]
        ids = [model.processor.tokenizer(text).input_ids for text in texts]
        return [{**found, "labels": numbers} for found, numbers in zip(inputs, ids, strict=True)]

    def collator(self, model: LoadedModel) -> Callable[[list[Batch]], Batch]:
        """Pad each batch to its longest recording and its longest transcript."""

        def collate(encoded: list[Batch]) -> Batch:
            inputs = [{name: value for name, value in row.items() if name != "labels"} for row in encoded]
            texts = [torch.tensor(row["labels"]) for row in encoded]
            labels = torch.nn.utils.rnn.pad_sequence(texts, batch_first=True, padding_value=IGNORED_LABEL)
            return {**pad_recordings(model.processor.extractor, inputs), "labels": labels}

        return collate

    def count_cut(self, model: LoadedModel, rows: Sequence[Row]) -> int:
        """Count nothing: recordings aren't cut."""
        return 0

    def predict(self, model: LoadedModel, rows: Sequence[Row]) -> list[Prediction]:
        """Transcribe in batches of recordings of like length."""
        values = [row.values["audio"] for row in rows]
        return predict_in_batches(model.network, values, self.size_of, BATCH, lambda some: _transcribe(model, some))

    def tally(self, prediction: Any, truth: Any) -> Tally:
        """Count the words, and those that are wrong."""
        return count_errors(str(prediction), str(truth))

    def measure(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, float]:
        """Return the error rates of words and letters."""
        return measure_errors([prediction.value for prediction in predictions], [row.values["text"] for row in rows])


def _transcribe(model: LoadedModel, recordings: list[Blob]) -> list[Prediction]:
    """Decode greedily, the most probable letter at each moment; the score is the mean of their probabilities."""
    extractor, tokenizer = model.processor.extractor, model.processor.tokenizer
    inputs = pad_recordings(extractor, encode_recordings(extractor, recordings))
    device = model.network.device
    logits = model.network(**{name: tensor.to(device) for name, tensor in inputs.items()}).logits.float()
    scores, letters = logits.softmax(dim=-1).max(dim=-1)
    texts = tokenizer.batch_decode(letters.cpu().numpy(), skip_special_tokens=True)
    return [Prediction(text, score) for text, score in zip(texts, scores.mean(dim=-1).tolist(), strict=True)]


def _load_network(folder: Path, tokenizer: Any, is_trained: bool) -> Any:
    head = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    network, found = AutoModelForCTC.from_pretrained(
        folder,
        **({} if is_trained else head),
        ctc_zero_infinity=True,
        ctc_loss_reduction="mean",  # many a checkpoint says "sum", by which the loss grows with the batch
        dtype=torch.float32,
        use_safetensors=True,
        output_loading_info=True,
        **OFFLINE,
    )
    if is_trained:
        check_whole(folder, found["missing_keys"])
    return network


TASK = SpeechRecognition()
