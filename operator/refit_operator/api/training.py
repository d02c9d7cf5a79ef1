"""How a candidate is trained, and the gate it has to pass."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from refit_operator.api.base import ApiModel, rules, section
from refit_operator.api.durations import Duration
from refit_operator.api.pod import EnvSources, PodTemplate
from refit_operator.api.uris import DataUri, ModelUri, StoreUri

Quantity = int | str
Resources = Annotated[dict[str, Quantity], Field(max_length=16)]
Arguments = Annotated[list[Annotated[str, Field(max_length=1024)]], Field(max_length=32)]
Image = Annotated[str, Field(max_length=512)]


class StartFrom(StrEnum):
    """Which model a run starts from."""

    SERVED = "Served"
    BASE = "Base"


class Better(StrEnum):
    """The side on which a metric is better."""

    HIGHER = "Higher"
    LOWER = "Lower"


class Accept(StrEnum):
    """What the gate accepts, where the judge gives the bounds of the difference."""

    BETTER = "Better"
    NOT_WORSE = "NotWorse"


class NewLabels(StrEnum):
    """What becomes of a label that the model's head hasn't got."""

    REFUSE = "Refuse"
    EXTEND = "Extend"


class ClassWeights(StrEnum):
    """What a class counts in the loss."""

    NONE = "None"
    BALANCED = "Balanced"


class DatasetSpec(ApiModel):
    """The labelled rows to train on, and those to judge by."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!self.train.startsWith('pvc://') || !self.holdout.startsWith('pvc://')"
                " || self.train.split('/')[2] != self.holdout.split('/')[2]",
                "train and holdout must be on different claims, so that training can't see the holdout",
            ),
            ("!has(self.replay) || has(self.recent)", "replay needs recent: without it every row is used"),
        )
    )

    train: DataUri = Field(description="File or folder with the training rows: pvc://claim/path, s3://, gs://, hf://.")
    holdout: DataUri = Field(description="File or folder with the rows to judge by, which training never sees.")
    format: Annotated[str, Field(max_length=32)] = Field(default="jsonl", description="Format of the files.")
    columns: Annotated[dict[str, Annotated[str, Field(max_length=128)]], Field(max_length=16)] = Field(
        default={"text": "text", "label": "label"},
        description="The column of each role: text, label, and optionally slice and time; of classifications also "
        "weight, what a row counts in the loss of the training, 0 or more. Other tasks have other roles.",
    )
    recent: int | None = Field(default=None, ge=1, description="Train on the newest so many rows only. Default: all.")
    replay: float | None = Field(
        default=None,
        ge=0,
        le=0.9,
        description="With recent: the share of the rows trained on that is drawn from the older ones. Default: 0.",
    )
    new_labels: NewLabels = Field(
        default=NewLabels.REFUSE,
        description="Of a classification, a label that the model's head hasn't got: Refuse ends the run; with Extend "
        "it becomes a class, and those that there are keep their weights at the start.",
    )
    min_rows_per_new_label: int = Field(
        default=20,
        ge=1,
        le=1000000,
        description="With newLabels Extend: how many distinct inputs must have a new label. Rows of rarer ones are "
        "left out, and counted.",
    )
    class_weights: ClassWeights = Field(
        default=ClassWeights.NONE,
        description="Balanced: every class of a classification counts alike in the loss, however many rows it has.",
    )


class ResourcesSpec(ApiModel):
    """Kubernetes resource requirements of the trainer and the judge."""

    requests: Resources = Field(default={}, description="Requested amounts by resource name.")
    limits: Resources = Field(default={}, description="Limits by resource name, for example nvidia.com/gpu: 1.")


class CheckpointsSpec(ApiModel):
    """Where checkpoints are published."""

    uri: StoreUri = Field(description="Folder under which runs publish checkpoints: pvc://claim/path, s3://, gs://.")
    keep: int = Field(
        default=5,
        ge=1,
        le=1000,
        description="How many of the newest checkpoints stay, beside what serves and what served before.",
    )


class TrainingSpec(ApiModel):
    """One attempt at a better model: image, data, hyperparameters, resources."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("self.startFrom != 'Base' || has(self.baseModel)", "startFrom Base needs a baseModel"),
            (
                "!self.dataset.holdout.startsWith('pvc://') || self.podTemplate.volumes.all(v,"
                " !has(v.persistentVolumeClaim)"
                " || v.persistentVolumeClaim.claimName != self.dataset.holdout.split('/')[2])",
                "podTemplate.volumes must not bring the holdout's claim to where training can see it",
            ),
        )
    )

    image: Image = Field(
        min_length=1, description="The trainer's image; any that keeps the contract (docs/contract.md)."
    )
    command: Arguments = Field(default=[], description="Command of the training container. Default: refit-train.")
    args: Arguments = Field(default=[], description="Arguments of the training container.")
    task: str = Field(
        pattern="^[a-z][a-z0-9-]{0,62}$",
        max_length=63,
        description="The task, for example text-classification. A task the image doesn't know, it refuses.",
    )
    start_from: StartFrom = Field(
        default=StartFrom.SERVED, description="Start from the model in service (Served) or from baseModel (Base)."
    )
    base_model: ModelUri | None = Field(
        default=None, description="The pretrained model that startFrom Base starts from."
    )
    dataset: DatasetSpec = Field(description="The rows to train on and to judge by.")
    hyperparameters: Annotated[dict[str, Annotated[str, Field(max_length=256)]], Field(max_length=64)] = Field(
        default={}, description="Hyperparameters by name, as strings: learning_rate, epochs, batch_size…"
    )
    resources: ResourcesSpec = section(ResourcesSpec, "Resources of the trainer and of the judge.")
    num_nodes: int = Field(
        default=1,
        ge=1,
        le=64,
        description="On how many machines a run trains: a pod each, which share every batch. Their claims have to be "
        "mounted on all of them (ReadWriteMany).",
    )
    queue_name: str = Field(
        default="",
        pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$",
        max_length=63,
        description="Kueue's LocalQueue: the Job is created suspended, and Kueue resumes it. Default: none.",
    )
    checkpoints: CheckpointsSpec = Field(description="Where checkpoints are published.")
    deadline: Duration = Field(
        default=timedelta(hours=4),
        description="The longest that a run may train and judge before it is stopped. Time in the queue and time that "
        "its pod waits to start don't count.",
    )
    pending_deadline: Duration = Field(
        default=timedelta(minutes=30),
        description="The longest that a pod may wait to start, for a node, its image, its volumes, a quota, or that "
        "its node may not be ready. Time in the queue doesn't count.",
    )
    stall_timeout: Duration = Field(
        default=timedelta(minutes=15),
        description="The longest that a pod that reports its progress may be silent before the end of its training. "
        "A pod that never reports is never stalled. 0s: no limit.",
    )
    backoff_limit: int = Field(default=2, ge=0, le=10, description="How often a failed pod is retried.")
    train_env_from: EnvSources = Field(
        default=[], description="Secrets and ConfigMaps whose keys are variables of the trainer alone."
    )
    pod_template: PodTemplate = section(PodTemplate, "What is laid over the pod of a run's Job.")


class GenerationSpec(ApiModel):
    """How both models' answers are generated, for a task that generates text."""

    max_new_tokens: int = Field(default=64, ge=1, le=32768, description="The longest that an answer may be, in tokens.")
    temperature: float = Field(default=0, ge=0, le=2, description="0: the likeliest token each time. Above: drawn.")
    seed: int = Field(default=0, ge=0, lt=2**31, description="What is drawn is drawn by this seed, for both models.")
    answer_pattern: str = Field(
        default="",
        max_length=256,
        description="A regular expression (Python's) that finds the answer in what is generated and in the true one: "
        "its last match, or the first group of that. For the metric regex_match.",
    )


class GateSpec(ApiModel):
    """Candidate and served model, judged on the same holdout rows."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.accept != 'NotWorse' || self.tolerance > 0.0",
                "accept NotWorse needs a tolerance over 0: that a candidate isn't worse at all no holdout can show",
            ),
            ("self.accept == 'NotWorse' || self.tolerance == 0.0", "tolerance needs accept NotWorse"),
            ("self.accept == 'Better' || self.margin == 0.0", "margin needs accept Better"),
        )
    )

    image: Image = Field(
        default="",
        description="The judge's image. Default: the operator's REFIT_JUDGE_IMAGE, or training.image where that isn't "
        "set.",
    )
    env_from: EnvSources = Field(
        default=[], description="Secrets and ConfigMaps whose keys are variables of the judge alone."
    )
    metric: str = Field(default="accuracy", max_length=63, description="The metric compared, as the judge reports it.")
    direction: Better | None = Field(
        default=None,
        description="Whether a Higher or a Lower number is better. Default: what the judge reports, else by the "
        "metric's name where it is a known one. A candidate is refused where neither says.",
    )
    bound: float | None = Field(
        default=None, description="A minimum for the candidate, or a maximum where lower is better. Default: none."
    )
    margin: float = Field(default=0, ge=0, description="The candidate must beat the served model by this much.")
    accept: Accept = Field(
        default=Accept.BETTER,
        description="Better: the candidate is better by more than margin, with the confidence asked for. NotWorse: one "
        "that is worse by less than tolerance passes too.",
    )
    tolerance: float = Field(
        default=0, ge=0, description="With accept NotWorse: how much worse a candidate may be at most."
    )
    confidence: float = Field(
        default=0.95,
        ge=0.5,
        le=0.9999,
        description="How sure the gate has to be that a candidate is better, over all gates that asked the same "
        "holdout. A judge that gives no bounds is compared by its numbers alone.",
    )
    max_slice_drop: float | None = Field(
        default=None,
        ge=0,
        description="The most that any slice of the holdout may lose; refused where one loses more, with confidence "
        "over all slices. Default: slices don't decide.",
    )
    min_rows: int = Field(
        default=200,
        ge=1,
        description="A holdout of fewer distinct inputs decides nothing: HoldoutTooSmall.",
    )
    generation: GenerationSpec | None = Field(
        default=None,
        description="How answers are generated where the task generates text. Default: its own values, where the "
        "metric needs answers.",
    )
