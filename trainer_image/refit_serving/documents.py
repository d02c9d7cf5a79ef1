"""The bodies of requests. The input has the name that its task gives it: text, image, audio.

`slice` may be called `domain`, the name of its column in the stored rows.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from refit_serving.inputs import Inputs
from refit_serving.refusals import InvalidRequest
from refit_trainer.contract.config import describe
from refit_trainer.tasks import Task

COUNT = 20  # rows handed out at once where no number is given, and more while drift is suspected
MAX_COUNT = 100
Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Slice = Annotated[str | None, Field(validation_alias=AliasChoices("slice", "domain"), max_length=256)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    value: Any = None
    """The input, under its task's name in the document."""
    slice: Slice = None
    group: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    """What it belongs together with: a user, a thread. All rows of a group are on one side of the split."""


class Instance(_Body):
    """One input to predict for; an id is made where none is given."""

    id: Id | None = None


class Instances(BaseModel):
    """Several inputs in one request."""

    instances: Annotated[list[Any], Field(min_length=1, max_length=1000)]


class Feedback(_Body):
    """A true label; the answer's receipt proves to any pod that there was one."""

    id: Id
    label: Any
    receipt: str | None = None


Body = TypeVar("Body", bound=BaseModel)


def parse_instances(document: Any, task: Task, inputs: Inputs) -> list[Instance]:
    """Return the inputs of a document; raise InvalidRequest."""
    many = has_many(document)
    found = _parse(document, Instances).instances if many else [document]
    instances = [_parse_body(one, Instance, task, inputs) for one in found]
    if any(one.value is None for one in instances):
        raise InvalidRequest(f"{task.input} is missing")
    inputs.check_together([one.value for one in instances])
    return instances


def has_many(document: Any) -> bool:
    """Tell whether a document asks for several predictions."""
    return isinstance(document, dict) and "instances" in document


def parse_feedback(document: Any, task: Task, inputs: Inputs, check_label: Callable[[Any], None]) -> Feedback:
    """Return the true label of a document; raise InvalidRequest."""
    feedback = _parse_body(document, Feedback, task, inputs)
    inputs.check_characters(task.truth, feedback.label)
    check_label(feedback.label)
    return feedback


def parse_count(text: str | None) -> int | None:
    """Return how many rows are asked for, None where no number is given; raise InvalidRequest."""
    if text is None:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_COUNT)) and 1 <= int(text) <= MAX_COUNT:
        return int(text)
    raise InvalidRequest(f"count={text!r:.80} isn't a number from 1 to {MAX_COUNT}")


def _parse_body(document: Any, kind: type[Body], task: Task, inputs: Inputs) -> Body:
    if not isinstance(document, Mapping):
        raise InvalidRequest(f"{document!r:.80} isn't an object")
    value = document.get(task.input)
    value = None if value is None else inputs.read(value)
    return _parse({**document, "value": value}, kind)


def _parse(document: Any, kind: type[Body]) -> Body:
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise InvalidRequest(describe(error)) from None
