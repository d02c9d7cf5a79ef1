"""What the chart mounts for audit documents is what docs/how-to/audit.md has a patch for."""

import re
from typing import Any

import yaml

from localcluster.paths import CHECKOUT
from tests.support.helm import Document, rendered

GUIDE = (CHECKOUT / "docs/how-to/audit.md").read_text()
VALUES, PATCH = (yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL))


def pod(**values: Any) -> Document:
    (found,) = [one for one in rendered(**values) if one["kind"] == "Deployment"]
    return dict(found["spec"]["template"]["spec"])


def more(new: list[Any], old: list[Any]) -> list[Any]:
    assert [one for one in old if one not in new] == []
    return [one for one in new if one not in old]


def test_the_values_of_the_guide_add_what_its_patch_adds() -> None:
    usual, changed, patch = pod(), pod(**VALUES), PATCH["spec"]["template"]["spec"]
    assert changed["securityContext"] == usual["securityContext"] | patch["securityContext"]
    assert more(changed["volumes"], usual["volumes"]) == patch["volumes"]
    (before,), (after,), (added,) = usual["containers"], changed["containers"], patch["containers"]
    for key in ("env", "volumeMounts"):
        assert more(after[key], before[key]) == added[key]
