"""The settings of the operator that the chart hands on, and those that it sets itself."""

from typing import Any

from pydantic.alias_generators import to_camel

from refit_operator.settings import Settings

SET_BY_THE_CHART = {
    "namespace": "watchNamespace",
    "port": "the probes and the NetworkPolicy name it",
    "progress_port": "the Service names it",
    "progress_url": "the Service's address",
    "progress_secret": "its name ends with nameSuffix, and the account may write no other",
    "notifications": "the file of notifications.configMap",
    "audit_folder": "where audit.claim is mounted",
    "leader_election": "two pods may run during an upgrade, so one has to lead",
    "lease_namespace": "the release's namespace",
    "lease_name": "its name ends with nameSuffix, and the account may write no other",
}
"""Settings that aren't values, and what they follow from."""
KEPT = ("type", "description", "default", "pattern", "minimum", "exclusiveMinimum", "maxLength")


def settings_schema() -> dict[str, Any]:
    """Return the JSON schema of `settings`: what settings.py says of each, by its name in camel case."""
    fields = Settings.model_json_schema()["properties"]
    return {
        "type": "object",
        "description": "Settings of the operator. What isn't set has the operator's own default, as comments show it.",
        "additionalProperties": False,
        "properties": {
            to_camel(name): {key: field[key] for key in KEPT if key in field}
            for name, field in fields.items()
            if name not in SET_BY_THE_CHART
        },
    }


def value_name(variable: str) -> str:
    """Return the name that a variable of the operator, REFIT_…, has among the settings."""
    return to_camel(variable.removeprefix("REFIT_").lower())
