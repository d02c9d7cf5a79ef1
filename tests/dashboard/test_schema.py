"""The dashboard against Grafana's own types: every version has it, and what isn't of them is refused."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.monitoring.dashboard import dashboard
from tests.monitoring.schema.check import VERSIONS, refusals


@pytest.mark.parametrize("version", VERSIONS)
def test_the_dashboard_is_one_of_grafanas(version: str) -> None:
    assert refusals(dashboard(), version) == []


def first(made: dict[str, Any], type_: str) -> Any:
    return next(panel for panel in made["panels"] if panel["type"] == type_)


WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "a field that no dashboard has": lambda made: made.update(tittle="Refit"),
    "an option that the panel doesn't have": lambda made: first(made, "stat")["options"].update(colourMode="value"),
    "a word that isn't one of an option's": lambda made: first(made, "stat")["options"].update(colorMode="loud"),
    "a field of another type of panel": lambda made: first(made, "state-timeline")["fieldConfig"]["defaults"][
        "custom"
    ].update(fillBelowTo="low"),
    "a mode that a colour doesn't have": lambda made: first(made, "stat")["fieldConfig"]["defaults"]["color"].update(
        mode="threshold"
    ),
    "an override of a field that there isn't": lambda made: first(made, "timeseries")["fieldConfig"]["overrides"][0][
        "properties"
    ].append({"id": "custom.lineColour", "value": "red"}),
    "a marker without a colour": lambda made: made["annotations"]["list"][0].pop("iconColor"),
    "a type of panel that isn't checked": lambda made: first(made, "stat").update(type="stats"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_the_types_do_not_have_is_refused(what: str) -> None:
    made = deepcopy(dashboard())
    WRONG[what](made)
    assert refusals(made, "grafana-10")
