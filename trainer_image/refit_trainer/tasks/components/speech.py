"""Speech as text: feature extractor and tokenizer, and the error rates of transcripts."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jiwer
from transformers import AutoTokenizer, Wav2Vec2CTCTokenizer

from refit_trainer.contract.errors import BadInput
from refit_trainer.storage.uris import make_scratch
from refit_trainer.tasks import Tally
from refit_trainer.tasks.components.processors import OFFLINE, load_feature_extractor

PAD, UNKNOWN, SPACE = "[PAD]", "[UNK]", "|"


@dataclass(frozen=True, slots=True)
class SpeechProcessor:
    """The feature extractor and the tokenizer of letters."""

    extractor: Any
    tokenizer: Any

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters that transcripts are written in, without the space between words."""
        unwritten = {*self.tokenizer.all_special_tokens, SPACE}
        return tuple(sorted(set(self.tokenizer.get_vocab()) - unwritten))

    def save_pretrained(self, folder: Path) -> None:
        """Write both."""
        self.extractor.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def load_processor(folder: Path, transcripts: Iterable[str]) -> SpeechProcessor:
    """Load both; a folder without a vocabulary gets one of the letters in the transcripts."""
    extractor = load_feature_extractor(folder)
    if has_vocabulary(folder):
        return SpeechProcessor(extractor, AutoTokenizer.from_pretrained(folder, **OFFLINE))
    return SpeechProcessor(extractor, _make_tokenizer(transcripts))


def has_vocabulary(folder: Path) -> bool:
    """Tell whether a model folder has a vocabulary of letters."""
    return any((folder / name).exists() for name in ("vocab.json", "tokenizer.json"))


def fit_case(text: str, letters: Collection[str]) -> str:
    """Return a transcript on one line and in the case that the letters are in; where they are in both, as it is."""
    text = " ".join(text.split())
    capital = {letter for letter in letters if letter != letter.lower()}
    if not capital:
        return text.lower()
    return text.upper() if capital == {letter for letter in letters if letter.upper() != letter.lower()} else text


def find_unknown(text: str, letters: Collection[str]) -> list[str]:
    """Return the characters of a transcript that aren't among the letters."""
    return sorted(set(fit_case(text, letters)) - {" "} - set(letters))


def count_errors(found: str, truth: str) -> Tally:
    """Return the word errors (substitutions, deletions, insertions), and the number of words in the truth."""
    words = jiwer.process_words(_fold(truth), _fold(found))
    errors = words.substitutions + words.deletions + words.insertions
    return Tally(errors, words.hits + words.substitutions + words.deletions)


def measure_errors(found: Sequence[str], truth: Sequence[str]) -> dict[str, float]:
    """Return the error rates of words and of letters over all transcripts, upper and lower case alike.

    Both can be more than 1: a model may write more words than the truth has.
    """
    wanted, got = [_fold(text) for text in truth], [_fold(text) for text in found]
    return {"wer": float(jiwer.wer(wanted, got)), "cer": float(jiwer.cer(wanted, got))}


def _fold(text: str) -> str:
    return " ".join(text.lower().split())


def _make_tokenizer(transcripts: Iterable[str]) -> Any:
    letters = sorted({letter for text in transcripts for letter in _fold(text)} - {" "})
    if SPACE in letters:
        raise BadInput(f"a transcript has {SPACE!r}, which stands for the space between words")
    path = make_scratch() / "vocab.json"
    names = [PAD, UNKNOWN, SPACE, *letters]
    path.write_text(json.dumps({name: number for number, name in enumerate(names)}, ensure_ascii=False))
    return Wav2Vec2CTCTokenizer(str(path), pad_token=PAD, unk_token=UNKNOWN, word_delimiter_token=SPACE)
