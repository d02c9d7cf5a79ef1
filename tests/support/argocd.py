"""Lua as Argo CD runs it: Lua 5.1 without the libraries for strings, files and numbers, and an `os` that only tells
the time. The interpreter is PUC's, where Argo CD has gopher-lua's; both are of the same language.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lupa.lua51 import LuaRuntime, lua_type

from tests.support.samples import NOW

Document = dict[str, Any]
CUSTOMIZATIONS = Path("manifests/gitops/argocd/resource_customizations/refit.dev")
LEFT_OUT = ("string", "io", "math", "debug", "coroutine", "python", "dofile", "loadfile")


def run(script: str, document: Document) -> Any:
    """Return what a script makes of the object `obj`; the time is NOW."""
    lua = LuaRuntime(register_eval=False, register_builtins=False)
    names = lua.globals()
    lua.execute('getmetatable("").__index = nil')
    for name in LEFT_OUT:
        names[name] = None
    names.os = names.package.loaded.os = lua.table_from({"date": _date})
    names.obj = _table(lua, document)
    return _value(lua.execute(script))


def _date(form: str) -> str:
    assert form.startswith("!"), "not in UTC"
    return NOW.strftime(form[1:])


def _table(lua: LuaRuntime, value: Any) -> Any:
    if isinstance(value, Mapping):
        return lua.table_from({key: _table(lua, item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return lua.table_from([_table(lua, item) for item in value])
    return value


def _value(value: Any) -> Any:
    """Return a value of Lua's, where an empty table is an empty list, as in Argo CD."""
    if lua_type(value) != "table":
        return value
    keys = list(value)
    if all(isinstance(key, int) for key in keys):
        return [_value(value[key]) for key in sorted(keys)]
    return {key: _value(value[key]) for key in keys}


def _script(kind: str, *path: str) -> str:
    return CUSTOMIZATIONS.joinpath(kind, *path).read_text()


def health(document: Document) -> Document:
    """Return health status and message of an object."""
    found: Document = run(_script(document["kind"], "health.lua"), document)
    return found


def discover(document: Document) -> dict[str, bool]:
    """Return the actions of an object, and whether each may be chosen."""
    found = run(_script(document["kind"], "actions", "discovery.lua"), document)
    return {name: not action["disabled"] for name, action in found.items()}


def act(action: str, document: Document) -> Document:
    """Return the object after an action."""
    changed = run(_script(document["kind"], "actions", action, "action.lua"), document)
    cleaned: Document = _clean(changed, document)
    return cleaned


def _clean(new: Any, old: Any) -> Any:
    """Return an object with its empty objects as they were, which Lua can't tell from empty lists."""
    if new == [] and old == {}:
        return {}
    if isinstance(new, dict) and isinstance(old, dict):
        return {key: _clean(value, old.get(key)) for key, value in new.items()}
    if isinstance(new, list) and isinstance(old, list):
        return [_clean(value, before) for value, before in zip(new, old, strict=True)]
    return new
