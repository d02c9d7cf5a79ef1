"""The columns of supervised fine-tuning: chat messages, or a prompt and its completion. Pure.

Inside there is one form: `prompt`, a text or the messages before the answer, and `completion`, the answer's text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from refit_trainer.data.columns import ColumnRoles

Message = Mapping[str, Any]
ASSISTANT, MESSAGES = "assistant", "messages"
FEWEST_CHOICES = 2


def assistant_turns(messages: Sequence[Message]) -> list[int]:
    """Return the places of the turns to learn: the assistant's, without those of `weight` 0, and never the first."""
    turns = [place for place, message in enumerate(messages) if message["role"] == ASSISTANT]
    return [place for place in turns if place > 0 and messages[place].get("weight", 1) != 0]


def with_answer(prompt: Sequence[Message], completion: str) -> list[Message]:
    """Return the messages of a whole conversation."""
    return [*prompt, {"role": ASSISTANT, "content": completion}]


def learnt_texts(prompt: str | Sequence[Message], completion: str) -> list[str]:
    """Return the texts that the loss is on: the completion, and the earlier turns to learn."""
    if isinstance(prompt, str):
        return [completion]
    return [*(str(prompt[place].get("content") or "") for place in assistant_turns(prompt)), completion]


def last_words(prompt: str | Sequence[Message]) -> str:
    """Return what a prompt asks: its text, or the last message's."""
    return prompt if isinstance(prompt, str) else str(prompt[-1].get("content") or "")


def said(value: Mapping[str, Any]) -> str:
    """Return what a model answered, of what it is judged by: a text, a choice, or how likely the true answer was."""
    return str(
        value.get("text") or value.get("choice") or f"the answer at {value['nll'] / value['tokens']:.2f} nats a token"
    )


def check_messages(value: Any, name: str) -> str | None:
    """Return what is wrong with a list of chat messages."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return f"{name} is {value!r:.60}, not a list of messages"
    for number, message in enumerate(value, start=1):
        if not isinstance(message, Mapping) or not isinstance(message.get("role"), str) or not message["role"]:
            return f"{name}: message {number} is {message!r:.60}, not an object with role and content"
        content = message.get("content")
        if content is not None and not isinstance(content, str):
            return f"{name}: the content of message {number} is {content!r:.60}, not text"
        if content is None and not message.get("tool_calls"):
            return f"{name}: message {number} has neither content nor tool_calls"
    return None


def _unfold(values: dict[str, Any]) -> str | None:
    """Put `prompt` and `completion` in the place of what a row has; return what is wrong with it."""
    problem = _split_messages(values) if MESSAGES in values else _join_completion(values)
    return problem or _check_choices(values)


def _split_messages(values: dict[str, Any]) -> str | None:
    messages = values[MESSAGES]
    if problem := check_messages(messages, MESSAGES):
        return problem
    *before, last = map(_without_nulls, messages)
    if last["role"] != ASSISTANT or not last.get("content"):
        return f"messages: the last one is {dict(last)!r:.80}, not the assistant's answer"
    if not before:
        return "messages has an answer alone, and nothing that it answers"
    del values[MESSAGES]
    values |= {"prompt": before, "completion": last["content"]}
    return None


def _join_completion(values: dict[str, Any]) -> str | None:
    """Read a prompt and a completion that are messages; of such a prompt nothing is learnt unless it says so."""
    prompt, completion = values["prompt"], values["completion"]
    if isinstance(prompt, Sequence) and not isinstance(prompt, str):
        if problem := check_messages(prompt, "prompt"):
            return problem
        values["prompt"] = [_without_nulls({"weight": 0} | _without_nulls(message)) for message in prompt]
    if not isinstance(completion, str) and not check_messages(completion, "completion"):
        if len(completion) != 1 or completion[0]["role"] != ASSISTANT or isinstance(prompt, str):
            return "completion has messages, and is to be one of the assistant's after a prompt of messages"
        values["completion"] = completion[0].get("content")
    return None


def _check_choices(values: Mapping[str, Any]) -> str | None:
    choices = values.get("choices")
    if choices is None:
        return "choices is missing" if "choices" in values else None
    if not isinstance(choices, Sequence) or isinstance(choices, str):
        return f"choices is {choices!r:.60}, not a list of answers"
    if not all(isinstance(choice, str) and choice for choice in choices) or len({*choices}) < len(choices):
        return f"choices has {choices!r:.80}: each is a text, and no two are alike"
    if len(choices) < FEWEST_CHOICES or values["completion"] not in choices:
        return f"choices has {choices!r:.80}, and is to be two or more with the completion among them"
    return None


def _without_nulls(message: Message) -> dict[str, Any]:
    """Return a message without the keys that a table of rows adds, each null."""
    return {name: value for name, value in message.items() if value is not None}


ROLES = ColumnRoles(
    required=("prompt", "completion"),
    optional=("slice", "time", "choices"),
    instead=MESSAGES,
    unfold=_unfold,
)
