"""Documents that a CRD's own schema allows, and the same with something broken: strategies for hypothesis."""

from typing import Any

import yaml
from hypothesis import strategies as st

from refit_operator.api.crd import render_files

Schema = dict[str, Any]
Document = dict[str, Any]
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", "x" * 5000, "-1s", "99999h", "$(name)", "../..", "pvc://a/../../b", "\u202e", "\x00"]),
    st.lists(st.none(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    st.integers(50, 300).map(lambda depth: nested(depth)),
)


def nested(depth: int) -> Document:
    """Return an object so many levels deep."""
    inner: Document = {}
    for _ in range(depth):
        inner = {"x": inner}
    return inner


def spec_schema(plural: str = "modelmonitors") -> Schema:
    """Return the schema of a kind's spec, as the API server has it."""
    crd = yaml.safe_load(render_files()[f"refit.dev_{plural}.yaml"])
    found: Schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return found


def values(schema: Schema) -> st.SearchStrategy[Any]:
    """Return the values that a part of the schema allows; its CEL rules may still refuse them."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("x-kubernetes-int-or-string"):
        return st.one_of(st.integers(0, 64), st.sampled_from(["1", "500m", "1Gi"]))
    return {
        "string": _strings,
        "integer": _integers,
        "number": _numbers,
        "boolean": lambda _: st.booleans(),
        "array": _arrays,
        "object": _objects,
    }[schema["type"]](schema)


def _strings(schema: Schema) -> st.SearchStrategy[str]:
    longest = schema.get("maxLength", 64)
    if "pattern" in schema:
        made = st.from_regex(schema["pattern"].replace("$", r"\Z"), alphabet=st.characters(codec="ascii"))
        return made.filter(lambda text: len(text) <= longest)
    return st.text(min_size=schema.get("minLength", 0), max_size=min(longest, 40))


def _integers(schema: Schema) -> st.SearchStrategy[int]:
    return st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1))


def _numbers(schema: Schema) -> st.SearchStrategy[float]:
    return st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False)


def _arrays(schema: Schema) -> st.SearchStrategy[list[Any]]:
    return st.lists(
        values(schema["items"]), min_size=schema.get("minItems", 0), max_size=min(schema.get("maxItems", 3), 3)
    )


def _objects(schema: Schema) -> st.SearchStrategy[Document]:
    if "properties" not in schema:
        return st.dictionaries(
            st.text("abc-./", min_size=1, max_size=8), values(schema["additionalProperties"]), max_size=3
        )
    needed = schema.get("required", ())
    parts = {name: values(part) for name, part in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: parts[name] for name in needed},
        optional={name: part for name, part in parts.items() if name not in needed},
    )


@st.composite
def damaged(draw: st.DrawFn, documents: st.SearchStrategy[Document]) -> Document:
    """Return a document with one value of it replaced, or one that doesn't belong there added."""
    document = draw(documents)
    node = document
    while True:
        key = draw(st.sampled_from(sorted(node)) if node else st.just("unknown"))
        inner = node.get(key)
        if not isinstance(inner, dict) or draw(st.booleans()):
            break
        node = inner
    node[draw(st.sampled_from([key, "unknown"]))] = draw(JUNK)
    return document


def monitors() -> st.SearchStrategy[Document]:
    """Return specs of monitors, whole and damaged, the damaged ones less often."""
    whole = values(spec_schema())
    return st.one_of(whole, whole, damaged(whole))
