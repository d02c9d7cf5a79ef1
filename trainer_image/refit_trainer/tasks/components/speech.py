"""Speech as text: feature extractor and tokenizer, and the error rates of transcripts."""

import json
import unicodedata
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
APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}"
SPOKEN = "%&@#\N{SECTION SIGN}\N{PER MILLE SIGN}"
"""Characters that Unicode counts among punctuation, and that stand for words."""


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


def normalize(text: str, letters: Collection[str]) -> str:
    """Return a transcript in these letters; what is neither punctuation nor accented stays where they lack it."""
    known = set(letters)
    text = fit_case(unicodedata.normalize("NFC", text), letters)
    return " ".join("".join(one if one in known else _rewrite(one, known) for one in text).split())


def _rewrite(character: str, letters: Collection[str]) -> str:
    """Return what stands for a character that isn't among the letters; itself where nothing does."""
    if character in APOSTROPHES:
        return "'" if "'" in letters else ""
    if _is_silent(character):
        return " "
    base = unicodedata.normalize("NFD", character)[0]
    return base if base in letters else character


def _is_silent(character: str) -> bool:
    """Tell whether a character is punctuation that nobody speaks."""
    return unicodedata.category(character).startswith("P") and character not in SPOKEN


def find_unknown(text: str, letters: Collection[str]) -> list[str]:
    """Return the characters of a transcript that can't be written with the letters."""
    return sorted(set(normalize(text, letters)) - {" "} - set(letters))


def count_errors(found: str, truth: str) -> Tally:
    """Return the word errors (substitutions, deletions, insertions), and the number of words in the truth."""
    words = jiwer.process_words(fold(truth), fold(found))
    errors = words.substitutions + words.deletions + words.insertions
    return Tally(errors, words.hits + words.substitutions + words.deletions)


def measure_errors(found: Sequence[str], truth: Sequence[str]) -> dict[str, float]:
    """Return the error rates of words and of letters over all transcripts, whatever their case and punctuation.

    Both can be more than 1: a model may write more words than the truth has.
    """
    wanted, got = [fold(text) for text in truth], [fold(text) for text in found]
    return {"wer": float(jiwer.wer(wanted, got)), "cer": float(jiwer.cer(wanted, got))}


def fold(text: str) -> str:
    """Return a transcript in lower case, without punctuation but apostrophes."""
    text = unicodedata.normalize("NFC", text.lower())
    return " ".join("".join("'" if c in APOSTROPHES else " " if _is_silent(c) else c for c in text).split())


def _make_tokenizer(transcripts: Iterable[str]) -> Any:
    letters = sorted({letter for text in transcripts for letter in fold(text)} - {" "})
    if SPACE in letters:
        raise BadInput(f"a transcript has {SPACE!r}, which stands for the space between words")
    path = make_scratch() / "vocab.json"
    names = [PAD, UNKNOWN, SPACE, *letters]
    path.write_text(json.dumps({name: number for number, name in enumerate(names)}, ensure_ascii=False))
    return Wav2Vec2CTCTokenizer(str(path), pad_token=PAD, unk_token=UNKNOWN, word_delimiter_token=SPACE)
