"""What the gate judges: the numbers of both models, and what is asked of them. Pure."""

from dataclasses import dataclass

from refit_operator.api.training import Accept, Better, GateSpec
from refit_operator.run.rules.certainty import confidence_for
from refit_operator.run.rules.direction import Direction, direction_of
from refit_operator.run.rules.known_drop import known_drop
from refit_operator.run.rules.views.reports import JudgedDifference, JudgedSliceDifference, JudgeReport


@dataclass(frozen=True)
class Case:
    """What is judged."""

    gate: GateSpec
    report: JudgeReport
    has_served: bool
    trained_digest: str
    rolled_back: frozenset[str]
    use: int = 1
    """How many gates asked this holdout, with this one."""

    @property
    def reported_direction(self) -> Better | None:
        """The side that the judge reports as the better one; None where it reports none for the gate's metric."""
        return self.report.directions.get(self.gate.metric)

    @property
    def direction(self) -> Direction | None:
        """The side that is the better one, None where it isn't known."""
        return direction_of(self.gate.metric, self.gate.direction, self.reported_direction)

    @property
    def lower(self) -> bool:
        """True where a smaller number is the better one; asked once the direction is known."""
        return self.direction is not None and self.direction.better is Better.LOWER

    @property
    def candidate(self) -> float | None:
        """The candidate's number."""
        return self.report.candidate.metrics.get(self.gate.metric)

    @property
    def served(self) -> float | None:
        """The served model's number."""
        return self.report.served.metrics.get(self.gate.metric) if self.report.served else None

    @property
    def threshold(self) -> float:
        """By how much the candidate has to be the better one; below zero where it may be worse."""
        return -self.gate.tolerance if self.gate.accept is Accept.NOT_WORSE else self.gate.margin

    @property
    def known_drop(self) -> float:
        """How much the candidate may lose on the labels that the served model knows, where others are new."""
        return known_drop(self.gate)

    @property
    def confidence(self) -> float:
        """How sure the gate has to be at this use of the holdout."""
        return confidence_for(self.gate.confidence, self.use)

    @property
    def difference(self) -> JudgedDifference | None:
        """The difference with its bounds; None where the judge gives none."""
        return self.report.difference if self.has_served else None

    @property
    def least_gain(self) -> float | None:
        """By how much the candidate is the better one at least; None where the judge gives no bounds."""
        return self.least(self.difference) if self.difference else None

    def least(self, bounds: JudgedDifference | JudgedSliceDifference) -> float:
        """Return the worst that a difference may be, as a gain."""
        return -bounds.high if self.lower else bounds.low

    def gain(self, candidate: float, served: float) -> float:
        """Return by how much the candidate is the better one."""
        return served - candidate if self.lower else candidate - served
