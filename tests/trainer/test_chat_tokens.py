"""What of a conversation is learnt, and what a prompt is when the model is asked: the chat template's own text."""

from typing import Any

import pytest

from benchmarks.byte_tokenizer import CHATML, make_byte_tokenizer
from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks.components.conversations import ROLES
from refit_trainer.tasks.components.tokens import Example, cut, cut_prompt, encode_prompt, encode_row

CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello"},
    {"role": "user", "content": "Bye"},
]
ROW = Row({"prompt": CHAT, "completion": "See you"})
FORGETFUL = CHATML.replace(
    "{{ message['content'] }}",
    "{% if message['role'] == 'assistant' and not loop.last %}…{% else %}{{ message['content'] }}{% endif %}",
)
"""A template that shortens earlier answers, as those do that leave out what a model thought."""
UNMARKED = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
TOKENIZER = make_byte_tokenizer()


def learnt(example: Example, tokenizer: Any = TOKENIZER) -> list[str]:
    """Return the texts that the loss is on, one for each run of labels."""
    runs: list[list[int]] = [[]]
    for label in example.labels:
        runs = [*runs[:-1], [*runs[-1], label]] if label != -100 else [*runs, []]
    return [tokenizer.decode(run) for run in runs if run]


def unfold(**values: Any) -> dict[str, Any]:
    problem = ROLES.unfold(values)
    return {"problem": problem} if problem else values


def test_the_assistants_turns_are_learnt_with_what_ends_them_and_nothing_else() -> None:
    [example] = encode_row(TOKENIZER, ROW)
    whole = TOKENIZER.apply_chat_template([*CHAT, {"role": "assistant", "content": "See you"}], tokenize=False)
    assert TOKENIZER.decode(example.ids) == whole.removesuffix("\n")
    assert learnt(example) == ["Hello<|im_end|>", "See you<|im_end|>"]


def test_a_turn_of_weight_0_is_context() -> None:
    silent = [message | {"weight": 0} for message in CHAT]
    [example] = encode_row(TOKENIZER, Row({"prompt": silent, "completion": "See you"}))
    assert learnt(example) == ["See you<|im_end|>"]


def test_the_model_is_asked_with_the_tokens_that_it_learnt_after() -> None:
    [example] = encode_row(TOKENIZER, ROW)
    prompt = encode_prompt(TOKENIZER, ROW)
    assert list(example.ids[: len(prompt)]) == prompt and learnt(Example((), example.labels[len(prompt) :])) == [
        "See you<|im_end|>"
    ]


def test_where_the_template_rewrites_earlier_turns_each_answer_is_a_sequence() -> None:
    tokenizer = make_byte_tokenizer(FORGETFUL)
    examples = encode_row(tokenizer, ROW)
    assert [learnt(one, tokenizer) for one in examples] == [["Hello<|im_end|>"], ["See you<|im_end|>"]]
    assert "…" in tokenizer.decode(examples[1].ids) and "Hello" not in tokenizer.decode(examples[1].ids)


def test_a_text_is_learnt_after_its_prompt_with_the_end_of_a_text() -> None:
    [example] = encode_row(TOKENIZER, Row({"prompt": "2 + 2 =", "completion": " 4"}))
    assert TOKENIZER.decode(example.ids) == "2 + 2 = 4<|endoftext|>"
    assert learnt(example) == [" 4<|endoftext|>"]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (None, "no chat template"),
        (
            "{{ raise_exception('no system, please') }}",
            "rows.jsonl:3: the chat template refuses the messages: no",
        ),
        (CHATML.replace("<|im_start|>assistant\n", "<think>"), "begins an answer in another way than it asks for one"),
    ],
)
def test_a_template_that_cant_be_used_is_refused_with_the_row(template: str | None, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        encode_row(make_byte_tokenizer(template), Row(ROW.values, "rows.jsonl:3"))


def test_a_template_without_a_mark_ends_answers_with_the_end_of_a_text() -> None:
    tokenizer = make_byte_tokenizer(UNMARKED)
    [example] = encode_row(tokenizer, Row({"prompt": CHAT[1:2], "completion": "Yes"}))
    assert learnt(example, tokenizer) == ["Yes\n<|endoftext|>"]


def test_a_sequence_that_is_too_long_loses_its_beginning_and_an_answer_its_end() -> None:
    tokenizer = make_byte_tokenizer()
    long = Example((1, 2, 3, 4, 5), (-100, -100, -100, 4, 5))
    assert cut(long, tokenizer, 5) == long
    assert cut(long, tokenizer, 3) == Example((3, 4, 5), (-100, 4, 5))
    answer = Example((1, 2, 3, 4, 5), (-100, 2, 3, 4, 5))
    assert cut(answer, tokenizer, 3) == Example((1, 2, 3), (-100, 2, 3))
    assert cut_prompt([1, 2, 3, 4], tokenizer, 2) == [3, 4]
    tokenizer.bos_token = "<|im_start|>"
    assert cut(long, tokenizer, 3) == Example((1, 4, 5), (-100, 4, 5)) and cut_prompt([1, 2, 3], tokenizer, 2) == [1, 3]


def test_messages_become_a_prompt_and_its_completion() -> None:
    messages = [*CHAT, {"role": "assistant", "content": "See you", "weight": None}]
    assert unfold(messages=messages) == {"prompt": CHAT, "completion": "See you"}


def test_of_a_prompt_of_messages_nothing_is_learnt_unless_it_says_so() -> None:
    said = unfold(prompt=CHAT, completion=[{"role": "assistant", "content": "See you"}])
    [example] = encode_row(TOKENIZER, Row(said))
    assert learnt(example) == ["See you<|im_end|>"]
    wanted = unfold(prompt=[one | {"weight": 1} for one in CHAT], completion="See you")
    [example] = encode_row(TOKENIZER, Row(wanted))
    assert learnt(example) == ["Hello<|im_end|>", "See you<|im_end|>"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"messages": "Hi"}, "messages is 'Hi', not a list of messages"),
        ({"messages": []}, "not a list of messages"),
        ({"messages": [{"content": "Hi"}]}, "message 1 is {'content': 'Hi'}, not an object with role and content"),
        ({"messages": [{"role": "user", "content": [1]}]}, "the content of message 1 is [1], not text"),
        ({"messages": [{"role": "user"}]}, "message 1 has neither content nor tool_calls"),
        ({"messages": CHAT}, "the last one is {'role': 'user', 'content': 'Bye'}, not the assistant's answer"),
        ({"messages": [{"role": "assistant", "content": "Hi"}]}, "an answer alone, and nothing that it answers"),
        ({"prompt": "a", "completion": [{"role": "assistant", "content": "b"}]}, "after a prompt of messages"),
        ({"prompt": "a", "completion": "b", "choices": ["c", "d"]}, "two or more with the completion among them"),
        ({"prompt": "a", "completion": "b", "choices": ["b", "b"]}, "no two are alike"),
        ({"prompt": "a", "completion": "b", "choices": None}, "choices is missing"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(values: dict[str, Any], words: str) -> None:
    assert words in unfold(**values)["problem"]
