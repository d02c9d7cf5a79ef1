"""What the chart mounts for notifications is what docs/how-to/notifications.md has a patch for."""

import re
from pathlib import PurePosixPath
from typing import Any

import yaml

from localcluster.paths import CHECKOUT
from tests.support.helm import Document, rendered

GUIDE = (CHECKOUT / "docs/how-to/notifications.md").read_text()
BLOCKS = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)]
CONFIG_MAP, VALUES, PATCH, _ = BLOCKS


def pod(**values: Any) -> Document:
    (found,) = [one for one in rendered(**values) if one["kind"] == "Deployment"]
    return dict(found["spec"]["template"]["spec"])


def added(to: Document, by: Document) -> Document:
    """Return what values add to the operator's pod, as a patch has it. Nothing else may differ."""
    (usual,), (changed,) = to.pop("containers"), by.pop("containers")
    lists = [(to, by, "volumes"), (usual, changed, "env"), (usual, changed, "volumeMounts")]
    volumes, variables, mounts = ([one for one in new[key] if one not in old[key]] for old, new, key in lists)
    for old, new, key in lists:
        assert [one for one in old.pop(key) if one not in new[key]] == []
        new.pop(key)
    assert (usual, to) == (changed, by)
    operator = {"name": usual["name"], "env": variables, "volumeMounts": mounts}
    return {"containers": [operator], "volumes": volumes}


def test_the_values_of_the_guide_add_what_its_patch_adds() -> None:
    assert added(pod(), pod(**VALUES)) == PATCH["spec"]["template"]["spec"]


def test_without_a_secret_only_the_file_is_mounted_and_a_number_is_a_name() -> None:
    only = added(pod(), pod(notifications={"configMap": "12"}))
    assert only["volumes"] == [{"name": "notifications", "configMap": {"name": "12"}}]
    assert [one["name"] for one in only["containers"][0]["volumeMounts"]] == ["notifications"]


def test_every_file_that_the_guide_names_is_mounted() -> None:
    (operator,) = PATCH["spec"]["template"]["spec"]["containers"]
    config, secret = (PurePosixPath(one["mountPath"]) for one in operator["volumeMounts"])
    (file,) = CONFIG_MAP["data"]
    assert [one["value"] for one in operator["env"]] == [str(config / file)]
    receivers = yaml.safe_load(CONFIG_MAP["data"][file])["receivers"]
    named = {PurePosixPath(one[key]) for one in receivers for key in ("urlFile", "tokenFile") if key in one}
    assert {path.parent for path in named} == {secret}
