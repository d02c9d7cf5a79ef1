"""A row as tokens: which of them are learnt, and what a prompt is when the model is asked.

A prompt is tokenized by itself, in training as later in service, so that the model meets the very same tokens. The loss
is on the answer and on the token that ends it, without which a model would never stop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks.components.conversations import Message, assistant_turns, with_answer

IGNORED_LABEL = -100  # a label that the loss leaves out
PROBE: tuple[Message, ...] = ({"role": "user", "content": "a"}, {"role": "assistant", "content": "b"})
"""A conversation by which the end of an answer is found."""


@dataclass(frozen=True, slots=True)
class Example:
    """One sequence, and the label of each of its tokens: the token itself, or IGNORED_LABEL."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    is_learnt: bool


def encode_row(tokenizer: Any, row: Row, completion: str | None = None) -> list[Example]:
    """Return a row's sequences, uncut: one, or one for each answer where the chat template rewrites earlier turns.

    `completion` takes the place of the row's own. Raise BadInput where the template refuses the messages.
    """
    prompt, answer = row.values["prompt"], row.values["completion"] if completion is None else completion
    if isinstance(prompt, str):
        context = _encode_text(tokenizer, prompt)
        answered = [*_encode(tokenizer, answer), _end_of(tokenizer)]
        return [_start_unlearnt([(context, False), (answered, True)])]
    return [_encode_pieces(tokenizer, pieces) for pieces in _find_pieces(tokenizer, with_answer(prompt, answer), row)]


def encode_prompt(tokenizer: Any, row: Row) -> list[int]:
    """Return the tokens that an answer is generated after, uncut."""
    prompt = row.values["prompt"]
    if isinstance(prompt, str):
        return _encode_text(tokenizer, prompt)
    return _encode(tokenizer, _render(tokenizer, prompt, row, ask=True))


def cut(example: Example, tokenizer: Any, length: int) -> Example:
    """Return what fits: the end of the sequence, or, of an answer that is longer by itself, its beginning.

    A token that begins every sequence (BOS) stays.
    """
    if len(example) <= length:
        return example
    answer = next(i for i, label in enumerate(reversed(example.labels)) if label == IGNORED_LABEL)
    start = len(example) - max(length, min(answer + 1, len(example)))
    ids, labels = list(example.ids[start : start + length]), list(example.labels[start : start + length])
    if example.ids[0] == tokenizer.bos_token_id:
        ids[0], labels[0] = example.ids[0], IGNORED_LABEL
    return Example(tuple(ids), (IGNORED_LABEL, *labels[1:]))


def cut_prompt(ids: Sequence[int], tokenizer: Any, length: int) -> list[int]:
    """Return the last tokens of a prompt, and the one that begins every sequence."""
    if len(ids) <= length:
        return list(ids)
    kept = list(ids[-length:])
    return [ids[0], *kept[1:]] if ids[0] == tokenizer.bos_token_id else kept


def find_ends(tokenizer: Any, network: Any) -> list[int]:
    """Return the tokens that end an answer: the tokenizer's, the network's, and the chat template's."""
    configured = getattr(network.generation_config, "eos_token_id", None)
    ends = [tokenizer.eos_token_id, *(configured if isinstance(configured, list) else [configured])]
    if tokenizer.chat_template:
        try:
            [pieces] = _find_pieces(tokenizer, PROBE, Row({}))
        except BadInput:  # a template that wants a system message, say
            pieces = []
        last = _encode_pieces(tokenizer, pieces).ids[-1:] if pieces else ()
        ends += [token for token in last if token in tokenizer.all_special_ids]
    return list(dict.fromkeys(end for end in ends if end is not None))


def _find_pieces(tokenizer: Any, messages: Sequence[Message], row: Row) -> list[list[_Piece]]:
    """Return a conversation's text in pieces, whose last one is an answer; several lists where the template writes
    earlier turns in another way than when they were the answer.
    """
    turns = assistant_turns(messages)
    asked = [_render(tokenizer, messages[:turn], row, ask=True) for turn in turns]
    answered = [_render(tokenizer, messages[: turn + 1], row, ask=False) for turn in turns]
    whole = []
    for turn, before, after in zip(turns, asked, answered, strict=True):
        if not after.startswith(before):
            raise BadInput(f"{row.source}: the chat template begins an answer in another way than it asks for one")
        whole.append(before + _cut_tail(after[len(before) :], str(messages[turn].get("content") or "")))
    grows = all(later.startswith(text) for text, later in zip(whole, asked[1:], strict=False))
    if not grows:
        return [
            [_Piece(before, False), _Piece(text[len(before) :], True)]
            for before, text in zip(asked, whole, strict=True)
        ]
    ends = [0, *map(len, whole)]
    pieces = [
        (_Piece(before[end:], False), _Piece(text[len(before) :], True))
        for end, before, text in zip(ends, asked, whole, strict=False)
    ]
    return [[piece for pair in pieces for piece in pair]]


def _cut_tail(answer: str, content: str) -> str:
    """Return an answer up to the mark that ends it, without the blank lines that follow; as it is without a mark."""
    stripped = answer.rstrip()
    return answer if stripped.endswith(content.rstrip()) else stripped


def _render(tokenizer: Any, messages: Sequence[Message], row: Row, ask: bool) -> str:
    if not tokenizer.chat_template:
        raise BadInput("the model's tokenizer has no chat template for messages: give prompt and completion as text")
    plain = [{name: value for name, value in message.items() if name != "weight"} for message in messages]
    try:
        return str(tokenizer.apply_chat_template(plain, tokenize=False, add_generation_prompt=ask))
    except Exception as error:
        words = " ".join(str(error).split())
        raise BadInput(f"{row.source}: the chat template refuses the messages: {words:.200}") from error


def _encode_pieces(tokenizer: Any, pieces: Sequence[_Piece]) -> Example:
    parts = [(_encode(tokenizer, piece.text), piece.is_learnt) for piece in pieces]
    end = parts[-1][0][-1:]
    if not end or end[0] not in tokenizer.all_special_ids:
        parts.append(([_end_of(tokenizer)], True))
    return _start_unlearnt(parts)


def _start_unlearnt(parts: Sequence[tuple[Sequence[int], bool]]) -> Example:
    """Join parts; nothing comes before a sequence's first token, from which it could be told."""
    ids = [number for numbers, _ in parts for number in numbers]
    labels = [number if is_learnt else IGNORED_LABEL for numbers, is_learnt in parts for number in numbers]
    return Example(tuple(ids), (IGNORED_LABEL, *labels[1:]))


def _encode_text(tokenizer: Any, text: str) -> list[int]:
    """Return a prompt's tokens with the one that begins a sequence, without one that ends it."""
    ids: list[int] = tokenizer(text, verbose=False)["input_ids"]
    return ids[:-1] if ids[-1:] == [tokenizer.eos_token_id] else ids


def _encode(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return ids


def _end_of(tokenizer: Any) -> int:
    if tokenizer.eos_token_id is None:
        raise BadInput("the model's tokenizer names no eos_token, so that nothing would end an answer")
    return int(tokenizer.eos_token_id)
