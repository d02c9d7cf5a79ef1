"""The annotations that a pointer is written as: one whole, and its parts as stock servers read them."""

import pytest

from refit_operator.api.pointer import ANNOTATIONS, annotations_of
from tests.support.samples import NEW_DIGEST

ON_A_CLAIM = f"file:///models/checkpoints/reviews/reviews-3-ab@{NEW_DIGEST}"
IN_A_BUCKET = f"s3://models/reviews/reviews-3-ab@{NEW_DIGEST}"


@pytest.mark.parametrize(
    ("pointer", "want"),
    [
        ("", {}),
        (
            ON_A_CLAIM,
            {
                "refit.dev/checkpoint": ON_A_CLAIM,
                "refit.dev/model-path": "/models/checkpoints/reviews/reviews-3-ab",
                "refit.dev/model-digest": NEW_DIGEST,
            },
        ),
        (
            IN_A_BUCKET,
            {
                "refit.dev/checkpoint": IN_A_BUCKET,
                "refit.dev/model-uri": "s3://models/reviews/reviews-3-ab",
                "refit.dev/model-digest": NEW_DIGEST,
            },
        ),
        (
            "hf://owner/model@main",
            {"refit.dev/checkpoint": "hf://owner/model@main", "refit.dev/model-uri": "hf://owner/model@main"},
        ),
        ("file:///models/v7", {"refit.dev/checkpoint": "file:///models/v7", "refit.dev/model-path": "/models/v7"}),
    ],
)
def test_a_pointers_annotations(pointer: str, want: dict[str, str]) -> None:
    assert annotations_of(pointer) == want
    assert set(want) <= set(ANNOTATIONS)
