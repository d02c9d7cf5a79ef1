"""The bodies of requests; `slice` may be called `domain`, the name of its column in the stored rows."""

from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(pattern=r"\S")]
Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Slice = Annotated[str | None, Field(validation_alias=AliasChoices("slice", "domain"), max_length=256)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class Instance(_Body):
    """One text to classify; an id is made where none is given."""

    text: Text
    id: Id | None = None
    slice: Slice = None


class Instances(_Body):
    """Several texts in one request."""

    instances: Annotated[list[Instance], Field(min_length=1, max_length=1000)]


class Feedback(_Body):
    """A true label; `predicted` and `model` repeat the answer, for a pod that didn't give it itself."""

    id: Id
    label: Annotated[str, StringConstraints(min_length=1)]
    text: Text | None = None
    slice: Slice = None
    predicted: str | None = None
    model: str | None = None
