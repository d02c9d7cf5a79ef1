from pydantic import BaseModel, Field

from refit_operator.api.schema import structural_schema


def test_an_exclusive_bound_is_said_as_openapi_3_0_says_it() -> None:
    class Bounded(BaseModel):
        seed: int = Field(gt=0, lt=2**31)

    assert structural_schema(Bounded)["properties"]["seed"] == {
        "type": "integer",
        "minimum": 0,
        "exclusiveMinimum": True,
        "maximum": 2**31,
        "exclusiveMaximum": True,
    }
