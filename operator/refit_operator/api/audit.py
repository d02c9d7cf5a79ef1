"""The audit document of a run that ended; `python -m refit_operator.api.audit [--check] FILE` writes its schema."""

import json
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from refit_operator.api.base import ApiModel
from refit_operator.api.conditions import Condition
from refit_operator.api.generated import write_or_check
from refit_operator.api.policy import Mode
from refit_operator.api.results import GateResult, ModelResult, NewLabelsResult, SliceResult
from refit_operator.api.run import Approval, MonitorRef, Outcome, Trigger
from refit_operator.api.training import GateSpec

AUDIT_SCHEMA: Literal["refit.dev/audit/v1"] = "refit.dev/audit/v1"
"""What is added to a document keeps it; whatever a reader may trip over has another."""


class Moment(StrEnum):
    """What happened to a run, in the order in which it does."""

    TRIGGERED = "Triggered"
    CREATED = "Created"
    JOB_CREATED = "JobCreated"
    HOLDOUT_CHANGED = "HoldoutChanged"
    REPORT_LOST = "ReportLost"
    TRAINED = "Trained"
    SHADOW_STARTED = "ShadowStarted"
    SHADOW_READY = "ShadowReady"
    PROMOTION_STARTED = "PromotionStarted"
    ROLLED_OUT = "RolledOut"
    ROLLBACK_STARTED = "RollbackStarted"
    ENDED = "Ended"


class AuditedApproval(ApiModel):
    """What was said of the candidate before it could serve."""

    mode: Mode = Field(description="Approve: nothing was promoted without it. Auto: the gate alone let it pass.")
    decision: Approval | None = Field(default=None, description="Absent: nobody approved or rejected it.")
    by: str | None = Field(
        default=None,
        description="User name by which the API server knew who did, where the policy refit-run-guard is installed; "
        "else what they called themselves. Absent: not told.",
    )
    reason: str | None = Field(default=None, description="Why, in their words.")


class AuditedModels(ApiModel):
    """The models, each as uri@digest where its digest is known."""

    starting: str = Field(default="", description="What training started from.")
    served: str = Field(default="", description="What served, and the candidate was judged against.")
    candidate: str = Field(default="", description="What was trained; empty where nothing was.")


class AuditedData(ApiModel):
    """What was trained and judged on."""

    train: str = Field(description="Where the training rows are.")
    holdout: str = Field(description="Where the holdout is.")
    training_rows: int | None = Field(default=None, description="Rows it was trained on.")
    training_fingerprint: str | None = Field(
        default=None, description="SHA-256 over starting model, training rows and hyperparameters, by the trainer."
    )
    holdout_rows: int | None = Field(default=None, description="Rows of the holdout.")
    holdout_distinct: int | None = Field(default=None, description="Distinct inputs among them.")
    holdout_digest: str | None = Field(default=None, description="SHA-256 over the holdout's rows, by the judge.")
    holdout_use: int | None = Field(default=None, description="How many gates of the monitor had asked it by then.")


class AuditedTest(ApiModel):
    """What the gate asked for, and what the judge measured."""

    gate: GateSpec = Field(description="What was asked for.")
    result: GateResult | None = Field(default=None, description="The gate's metric of both models.")
    candidate: ModelResult | None = Field(default=None, description="The candidate on the holdout.")
    served: ModelResult | None = Field(default=None, description="The served model on the same rows.")
    slices: dict[str, SliceResult] = Field(default={}, description="The gate's metric by slice.")
    slice_count: int | None = Field(default=None, description="Slices judged, also those left out here.")
    new_labels: NewLabelsResult | None = Field(default=None, description="Labels that the served model didn't know.")


class AuditedServing(ApiModel):
    """Where it was to serve, and what the run wrote there."""

    kind: str = Field(description="Kind of the target.")
    name: str = Field(description="Name of the target.")
    uid: str | None = Field(default=None, description="UID of the target; absent where nothing was written.")
    before: str = Field(default="", description="The pointer before; empty: none.")
    after: str | None = Field(default=None, description="The pointer that the run wrote; absent where it wrote none.")


class TimelineEntry(ApiModel):
    """When something happened, by the operator's clock."""

    time: datetime
    moment: Moment


class AuditedOutcome(ApiModel):
    """How it ended."""

    outcome: Outcome = Field(description="The run's outcome.")
    reason: str = Field(description="Reason of the condition Finished.")
    message: str = Field(default="", description="The reason in a sentence, with numbers.")
    time: datetime | None = Field(default=None, description="When it ended; absent where the record of it was lost.")


class AuditDocument(ApiModel):
    """One run that ended, as it is kept: made of the RetrainRun alone, and the same whenever it is made."""

    schema_: Literal["refit.dev/audit/v1"] = Field(default=AUDIT_SCHEMA, alias="schema", description="Its version.")
    id: str = Field(description="UID of the RetrainRun.")
    namespace: str = Field(description="Its namespace.")
    run: str = Field(description="Its name.")
    ordinal: int = Field(description="Which attempt of the monitor it was.")
    monitor: MonitorRef = Field(description="The monitor, and the generation of its spec.")
    metric: str = Field(description="Name of the monitor's metric.")
    trigger: Trigger = Field(description="What started the run.")
    approval: AuditedApproval = Field(description="Who let the candidate serve.")
    models: AuditedModels = Field(description="The models.")
    data: AuditedData = Field(description="The data.")
    images: dict[str, str] = Field(
        default={}, description="Image of each container, by digest, as its node ran it; absent: not known."
    )
    test: AuditedTest = Field(description="The judge's results.")
    serving: AuditedServing = Field(description="What changed at the target.")
    timeline: tuple[TimelineEntry, ...] = Field(description="What happened, in its order.")
    conditions: tuple[Condition, ...] = Field(default=(), description="The run's conditions at its end.")
    outcome: AuditedOutcome = Field(description="How it ended.")

    def text(self) -> str:
        """Return it as it is written: the same bytes each time."""
        return json.dumps(self.to_json(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a document as it is written."""
    schema = AuditDocument.model_json_schema(by_alias=True)
    rules_of_crds(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def rules_of_crds(schema: Any) -> None:
    """Drop what only a CRD has."""
    if isinstance(schema, dict):
        for name in [name for name in schema if name.startswith("x-kubernetes-")]:
            del schema[name]
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        rules_of_crds(each)


def main(arguments: list[str]) -> int:
    """Write the file, or with --check only say whether it differs (exit 1)."""
    text = json.dumps(json_schema(), indent=1) + "\n"
    return write_or_check({Path(arguments[-1]): text}, "make crds", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
