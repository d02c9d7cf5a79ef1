"""What may be a label's name where any is right: those that can be told apart on sight."""

from typing import Any


def check_name(value: Any) -> str | None:
    """Return what is wrong with a new label: nothing with text, or an integer, that has no blanks around it."""
    if isinstance(value, bool) or not isinstance(value, (str, int)) or not str(value).strip():
        return "not a name"
    name = str(value)
    if name != name.strip():
        return "a name with blanks around it"
    if not name.isprintable():
        return "a name with characters that can't be shown"
    return None


def is_known(value: Any, labels: tuple[str, ...] | None) -> bool:
    """Tell whether a value is one of a model's labels, whatever it looks like."""
    is_name = isinstance(value, (str, int)) and not isinstance(value, bool)
    return is_name and labels is not None and str(value) in labels
