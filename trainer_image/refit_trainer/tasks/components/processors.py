"""What prepares inputs, from a model folder that has it: a tokenizer, an image processor, a feature extractor.

Without its files transformers makes a tokenizer that knows five special tokens, to which every text is the same.
"""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoFeatureExtractor, AutoImageProcessor, AutoTokenizer

from refit_trainer.contract.errors import BadInput

OFFLINE = {"local_files_only": True, "trust_remote_code": False}
PREPROCESSOR = ("preprocessor_config.json", "processor_config.json")
VOCABULARIES = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "*.model",
    "*.spm",
    "*.tiktoken",
    "tekken.json",
    "bpe.codes",
)


def load_image_processor(folder: Path) -> Any:
    """Load what scales and normalizes images."""
    _require(folder, "image processor", PREPROCESSOR)
    return AutoImageProcessor.from_pretrained(folder, **OFFLINE)


def load_feature_extractor(folder: Path) -> Any:
    """Load what makes features of recordings."""
    _require(folder, "feature extractor", PREPROCESSOR)
    return AutoFeatureExtractor.from_pretrained(folder, **OFFLINE)


def load_tokenizer(folder: Path) -> Any:
    """Load a tokenizer; one that works by characters or bytes has no vocabulary, any other needs its files."""
    if not _has_any(folder, VOCABULARIES) and not _needs_no_vocabulary(folder):
        raise BadInput(f"{folder}: the folder has no tokenizer (tokenizer.json, vocab.txt, or another vocabulary)")
    return AutoTokenizer.from_pretrained(folder, **OFFLINE)


def load_word_tokenizer(folder: Path) -> Any:
    """Load a tokenizer that says of which word each token is; raise BadInput where it can't."""
    load_tokenizer(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder, add_prefix_space=True, **OFFLINE)
    if not tokenizer.is_fast:
        raise BadInput(
            f"{folder}: {type(tokenizer).__name__} doesn't say of which word a token is; it needs a tokenizer.json"
        )
    return tokenizer


def ensure_padding(folder: Path, tokenizer: Any, network: Any) -> None:
    """Have tokenizer and network agree on the token that fills up a batch: their own, or else that of a text's end."""
    config = network.config.get_text_config()
    if tokenizer.pad_token is None:
        tokenizer.pad_token = _find_padding(folder, tokenizer, config)
    # A network with `score` reads its answer off the last token that isn't config.pad_token_id.
    if config.pad_token_id is None or hasattr(network, "score"):
        config.pad_token_id = tokenizer.pad_token_id


def check_vocabulary(folder: Path, tokenizer: Any, network: Any) -> None:
    """Raise BadInput where a text can have tokens that the network has no embedding of."""
    try:
        table = network.get_input_embeddings()
    except NotImplementedError:
        return
    if not isinstance(table, torch.nn.Embedding):
        return
    token, number = max(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    if number >= table.num_embeddings:
        raise BadInput(
            f"{folder}: the tokenizer's token {token!r} is number {number}, and the weights have "
            f"{table.num_embeddings} embeddings: they aren't of one model"
        )


def _find_padding(folder: Path, tokenizer: Any, config: Any) -> str:
    ends = config.eos_token_id if isinstance(config.eos_token_id, list) else [config.eos_token_id]
    known = [number for number in (config.pad_token_id, *ends) if number is not None and 0 <= number < len(tokenizer)]
    found = tokenizer.eos_token or next(iter(tokenizer.convert_ids_to_tokens(known)), None)
    if found is None:
        raise BadInput(
            f"{folder}: the tokenizer has neither a pad token nor one for the end of a text: "
            "name a pad_token in tokenizer_config.json"
        )
    return str(found)


def _needs_no_vocabulary(folder: Path) -> bool:
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **OFFLINE)
    except ValueError:  # of a model type that has no tokenizer of its own
        return False
    return not getattr(type(tokenizer), "vocab_files_names", None)


def _require(folder: Path, what: str, names: tuple[str, ...]) -> None:
    if not _has_any(folder, names):
        raise BadInput(f"{folder}: the folder has no {what} ({', '.join(names)})")


def _has_any(folder: Path, patterns: tuple[str, ...]) -> bool:
    return any(path.is_file() for pattern in patterns for path in folder.glob(pattern))
