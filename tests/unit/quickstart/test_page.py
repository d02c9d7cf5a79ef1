"""Commands of docs/getting-started.md are found in their order; what it shows is held against what is printed."""

import subprocess
from pathlib import Path

import pytest
import yaml

from localcluster.paths import CHECKOUT
from tests.quickstart.page import PageInvalid, Step, fill, missing, parse

TEXT = (CHECKOUT / "docs/getting-started.md").read_text()
PAGE = """
# A page
## First
Some words.

```sh
IMAGE=example/image:v1
apply() {
    kubectl kustomize "$1" |
        kubectl apply -f -
}
kubectl get pods \\
    --watch

kubectl get nodes   # all of them
```
You see

```text
NAME    READY   AGE
node-1  True    5s
```

```yaml
not: a command
```

## Second
```sh
true
```
"""


def test_commands_are_those_of_the_shells_blocks_in_their_order_with_what_is_shown_after_them() -> None:
    first, second = parse(PAGE)
    assert first == Step(
        "First",
        (
            "IMAGE=example/image:v1",
            'apply() {\n    kubectl kustomize "$1" |\n        kubectl apply -f -\n}',
            "kubectl get pods \\\n    --watch",
            "kubectl get nodes   # all of them",
        ),
        "NAME    READY   AGE\nnode-1  True    5s\n",
    )
    assert second == Step("Second", ("true",))


@pytest.mark.parametrize(
    "before", ["## One\n", "## One\n```sh\ntrue\n```\n## Two\n", "```sh\nx\n```\n```text\ny\n```\n"]
)
def test_output_belongs_to_commands_of_its_own_part(before: str) -> None:
    with pytest.raises(PageInvalid, match="no command stands before it: Ready"):
        parse(before + "```text\nReady\n```\n")


def test_only_a_variable_that_the_page_declares_is_changed() -> None:
    changed = fill(parse(PAGE), {"IMAGE": "localhost/image:dev"})
    assert changed[0].commands[0] == "IMAGE=localhost/image:dev"
    assert changed[0].commands[1:] == parse(PAGE)[0].commands[1:]
    with pytest.raises(PageInvalid, match="declares IMAGE, and not OTHER"):
        fill(parse(PAGE), {"OTHER": "x"})


def test_words_count_and_numbers_times_and_digests_do_not() -> None:
    printed = "NAME   STATE       AGE\ndigits Monitoring  7s   sha256:77ab (reason: Within)"
    assert missing("NAME STATE AGE\ndigits Monitoring 12s sha256:0123 Within …", printed) == []
    assert missing("NAME STATE AGE\ndigits Training 12s", printed) == ["Training"]


def test_a_name_counts_up_to_its_first_digit() -> None:
    shown = "file:///models/digits-1-0f3b@sha256:…"
    assert missing(shown, "file:///models/digits-2-77ab@sha256:0123") == []
    assert missing(shown, "<none>") == ["file:///models/digits-"]


def test_each_command_of_the_page_is_one_that_bash_reads() -> None:
    for step in parse(TEXT):
        for command in step.commands:
            subprocess.run(["bash", "-n", "-c", command], check=True)


def test_each_step_that_waits_does_so_by_kubectl_and_says_how_long() -> None:
    commands = [command for step in parse(TEXT) for command in step.commands]
    assert not [command for command in commands if "sleep" in command or "rollout status" in command]
    waits = [command for command in commands if " wait " in command]
    assert waits and all("--timeout=" in command for command in waits)


def test_the_page_applies_every_folder_of_the_quickstart() -> None:
    commands = [command for step in parse(TEXT) for command in step.commands]
    applied = {command.split()[1] for command in commands if command.startswith("apply ")}
    assert applied == {path.name for path in (CHECKOUT / "manifests/quickstart").iterdir()}


def test_the_images_that_the_manifests_name_are_those_that_the_page_replaces() -> None:
    named = {image for file in Path(CHECKOUT, "manifests/quickstart").rglob("*.yaml") for image in images(file)}
    declared = {command.partition("=")[2] for command in parse(TEXT)[0].commands[:-1]}
    assert named < declared
    (only,) = declared - named
    (operator,) = yaml.safe_load((CHECKOUT / "manifests/base/kustomization.yaml").read_text())["images"]
    assert only == f"{operator['newName']}:{operator['newTag']}"


def images(file: Path) -> set[str]:
    """Return the images that a manifest names."""
    lines = [line.strip() for line in file.read_text().splitlines()]
    return {line.partition(": ")[2] for line in lines if line.startswith("image: ")}


def test_a_kind_cluster_has_the_prometheus_that_the_page_names() -> None:
    (prometheus,) = images(CHECKOUT / "manifests/quickstart/prometheus/prometheus.yaml")
    assert prometheus in images(CHECKOUT / "localcluster/manifests/kind.yaml")
