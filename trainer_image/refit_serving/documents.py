"""The bodies of requests. The input has the name that its task gives it: text, image, audio.

`slice` may be called `domain`, the name of its column in the stored rows.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from refit_trainer.contract.config import describe
from refit_trainer.data.blob import decode_base64
from refit_trainer.tasks import Task

Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Slice = Annotated[str | None, Field(validation_alias=AliasChoices("slice", "domain"), max_length=256)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    value: Any = None
    """The input, under its task's name in the document."""
    slice: Slice = None


class Instance(_Body):
    """One input to predict for; an id is made where none is given."""

    id: Id | None = None


class Instances(BaseModel):
    """Several inputs in one request."""

    instances: Annotated[list[Any], Field(min_length=1, max_length=1000)]


class Feedback(_Body):
    """A true label; `predicted` and `model` repeat the prediction, for a pod that didn't make it itself."""

    id: Id
    label: Any
    predicted: Any = None
    model: str | None = None


class InvalidRequest(Exception):
    """A document isn't what it should be; the message names the field and the value."""


Body = TypeVar("Body", bound=BaseModel)


def parse_instances(document: Any, task: Task) -> list[Instance]:
    """Return the inputs of a document; raise InvalidRequest."""
    is_many = isinstance(document, dict) and "instances" in document
    found = _parse(document, Instances).instances if is_many else [document]
    return [_parse_body(one, Instance, task, needs_input=True) for one in found]


def parse_feedback(document: Any, task: Task, labels: tuple[str, ...]) -> Feedback:
    """Return the true label of a document; raise InvalidRequest."""
    feedback = _parse_body(document, Feedback, task, needs_input=False)
    if problem := task.check_truth(feedback.label, labels):
        raise InvalidRequest(problem)
    return feedback


def _parse_body(document: Any, kind: type[Body], task: Task, needs_input: bool) -> Body:
    if not isinstance(document, Mapping):
        raise InvalidRequest(f"{document!r:.80} isn't an object")
    value = document.get(task.input)
    if value is not None and task.input in task.roles.files:
        value = decode_base64(value)
        if isinstance(value, str):
            raise InvalidRequest(f"{task.input} {value}")
    if needs_input and value is None:
        raise InvalidRequest(f"{task.input} is missing")
    if value is not None and (problem := task.check_input(value)):
        raise InvalidRequest(problem)
    return _parse({**document, "value": value}, kind)


def _parse(document: Any, kind: type[Body]) -> Body:
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise InvalidRequest(describe(error)) from None
