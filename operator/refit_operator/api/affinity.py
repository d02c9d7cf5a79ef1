"""Affinity as in a pod's spec, in full and with bounds: nothing of a monitor is kept that isn't in the schema."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from refit_operator.api.base import ApiModel

LabelKey = Annotated[str, Field(min_length=1, max_length=316)]
Values = Annotated[list[Annotated[str, Field(max_length=63)]], Field(max_length=32)]
FieldValues = Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=32)]
LabelKeys = Annotated[list[LabelKey], Field(max_length=8)]
Weight = Annotated[int, Field(ge=1, le=100)]


class NodeOperator(StrEnum):
    """How a node's label is compared with the values."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    GREATER = "Gt"
    LESS = "Lt"


class SelectorOperator(StrEnum):
    """How a label is compared with the values."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class NodeRequirement(ApiModel):
    """What a label of a node must be."""

    key: LabelKey = Field(description="Key of the label.")
    operator: NodeOperator = Field(description="How the label is compared with the values.")
    values: Values | None = Field(default=None, description="The values.")


class NodeFieldRequirement(ApiModel):
    """What a field of a node must be."""

    key: LabelKey = Field(description="The field: metadata.name.")
    operator: NodeOperator = Field(description="How the field is compared with the values.")
    values: FieldValues | None = Field(default=None, description="The values.")


class NodeSelectorTerm(ApiModel):
    """Nodes for which all of this holds."""

    match_expressions: Annotated[list[NodeRequirement], Field(max_length=16)] | None = Field(
        default=None, description="What labels of the node must be."
    )
    match_fields: Annotated[list[NodeFieldRequirement], Field(max_length=4)] | None = Field(
        default=None, description="What fields of the node must be."
    )


class NodeSelector(ApiModel):
    """Nodes for which one of the terms holds."""

    node_selector_terms: Annotated[list[NodeSelectorTerm], Field(min_length=1, max_length=8)] = Field(
        description="The terms, of which one must hold."
    )


class PreferredNodes(ApiModel):
    """Nodes that are preferred."""

    weight: Weight = Field(description="How much, from 1 to 100.")
    preference: NodeSelectorTerm = Field(description="Which nodes.")


class NodeAffinity(ApiModel):
    """The nodes that the pod may come to, and those that it prefers."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = Field(
        default=None, description="The nodes that it may come to."
    )
    preferred_during_scheduling_ignored_during_execution: (
        Annotated[list[PreferredNodes], Field(max_length=8)] | None
    ) = Field(default=None, description="The nodes that it prefers.")


class SelectorRequirement(ApiModel):
    """What a label must be."""

    key: LabelKey = Field(description="Key of the label.")
    operator: SelectorOperator = Field(description="How the label is compared with the values.")
    values: Values | None = Field(default=None, description="The values.")


class LabelSelector(ApiModel):
    """What is selected by its labels; an empty selector selects everything."""

    match_labels: Annotated[dict[str, Annotated[str, Field(max_length=63)]], Field(max_length=16)] | None = Field(
        default=None, description="The labels that it must have."
    )
    match_expressions: Annotated[list[SelectorRequirement], Field(max_length=16)] | None = Field(
        default=None, description="What labels of it must be."
    )


class PodAffinityTerm(ApiModel):
    """Pods, and which label of their node says what counts as the same place."""

    topology_key: LabelKey = Field(description="Key of the label by which nodes are one place.")
    label_selector: LabelSelector | None = Field(default=None, description="The pods.")
    namespaces: Annotated[list[Annotated[str, Field(max_length=63)]], Field(max_length=8)] | None = Field(
        default=None, description="Their namespaces. Default: the monitor's own."
    )
    namespace_selector: LabelSelector | None = Field(default=None, description="More of their namespaces, by labels.")
    match_label_keys: LabelKeys | None = Field(default=None, description="Labels in which pods are like this one.")
    mismatch_label_keys: LabelKeys | None = Field(default=None, description="Labels in which they differ from it.")


class PreferredPods(ApiModel):
    """Places that are preferred, or avoided."""

    weight: Weight = Field(description="How much, from 1 to 100.")
    pod_affinity_term: PodAffinityTerm = Field(description="The pods, and what counts as the same place.")


class PodAffinity(ApiModel):
    """Pods whose place counts."""

    required_during_scheduling_ignored_during_execution: (
        Annotated[list[PodAffinityTerm], Field(max_length=8)] | None
    ) = Field(default=None, description="What must hold.")
    preferred_during_scheduling_ignored_during_execution: Annotated[list[PreferredPods], Field(max_length=8)] | None = (
        Field(default=None, description="What is preferred.")
    )


class Affinity(ApiModel):
    """Where the pod is placed, by nodes and by other pods."""

    node_affinity: NodeAffinity | None = Field(default=None, description="By labels of nodes.")
    pod_affinity: PodAffinity | None = Field(default=None, description="Where these pods are.")
    pod_anti_affinity: PodAffinity | None = Field(default=None, description="Where these pods aren't.")
