"""Files of YAML or JSON as documents, with the line of each field."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from refit_cli.lint.findings import Path


@dataclass(frozen=True)
class Source:
    """One document of a file, and the nodes that say where its fields are."""

    content: Any
    node: yaml.Node

    def line_of(self, path: Path) -> int:
        """Return the line of the field; of one that isn't there, that of the innermost one around it."""
        node, line = self.node, self.node.start_mark.line + 1
        for key in path:
            found = _child(node, key)
            if found is None:
                return line
            line, node = found
        return line


def _child(node: yaml.Node, key: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((name.start_mark.line + 1, value) for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key].start_mark.line + 1, node.value[key]
    return None


class _Loader(yaml.SafeLoader):
    """As kubectl reads it: times are strings, and a key that is there twice is a mistake."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML declares it so
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set[str]()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_documents(text: str) -> Iterator[Source]:
    """Yield the documents of a file, and the items of a List; raises yaml.YAMLError."""
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is not None and node.tag != "tag:yaml.org,2002:null":
                yield from _items(Source(loader.construct_document(node), node))
    finally:
        loader.dispose()


def _items(source: Source) -> Iterator[Source]:
    found = _child(source.node, "items")
    is_list = isinstance(source.content, dict) and str(source.content.get("kind", "")).endswith("List")
    if not is_list or found is None or not isinstance(found[1], yaml.SequenceNode):
        yield source
        return
    for content, node in zip(source.content["items"], found[1].value, strict=True):
        yield Source(content, node)
