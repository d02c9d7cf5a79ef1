"""Any number of labels for each input: the head, the checks, the metrics. A task adds its input."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sklearn.metrics import f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from refit_trainer.contract.errors import BadInput
from refit_trainer.data.rows import Row
from refit_trainer.tasks import LoadedModel, Prediction, Tally
from refit_trainer.tasks.components.heads import SEVERAL, read_labels
from refit_trainer.tasks.components.names import check_name, is_known
from refit_trainer.tasks.components.vector_heads import VectorHead

LIKELY = 0.5
"""The probability from which a label is given."""


class LabelSets(VectorHead):
    """`labels`, a list of names, which may be empty."""

    truth = "labels"
    problem_type = SEVERAL
    metrics: Mapping[str, bool] = {"accuracy": True, "micro_f1": True, "macro_f1": True}

    def known_labels(self, folder: Path) -> tuple[str, ...] | None:
        """Read the label names from config.json; a model without a head for any number of labels knows none."""
        return read_labels(folder, self._inputs.head, SEVERAL)

    def check_truth(self, value: Any, labels: tuple[str, ...] | None) -> str | None:
        """Say what is wrong with a list of labels."""
        if not isinstance(value, list):
            return f"labels is {value!r:.80}, not a list of labels"
        for name in value:
            if not is_known(name, labels) and (problem := check_name(name)):
                return f"labels has {name!r:.80}, {problem}"
        if unknown := [name for name in value if labels is not None and not is_known(name, labels)]:
            return f"labels has {str(unknown[0])!r:.80}; the model knows {', '.join(labels or ())}"
        names = [str(name) for name in value]
        twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
        return None if twice is None else f"labels has {twice!r:.80} twice"

    def answers(self, truth: Any, labels: tuple[str, ...]) -> list[str]:
        """Return the labels."""
        return [str(name) for name in truth] if isinstance(truth, list) else []

    def load(self, folder: Path, rows: Sequence[Row] = ()) -> LoadedModel:
        """Load network and processor; a new head gets the rows' labels in sorted order."""
        known = self.known_labels(folder)
        labels = known or tuple(sorted({name for row in rows for name in self.answers(row.values["labels"], ())}))
        if not labels:
            raise BadInput(f"{folder} has no head, and the rows have no label that it could learn")
        return self.load_with_head(folder, labels, has_head=known is not None)

    def encode_truth(self, model: LoadedModel, truth: Any) -> list[float]:
        """Return 1 for each label that is given, and 0 for the others."""
        given = set(self.answers(truth, model.labels))
        return [float(label in given) for label in model.labels]

    def read_outputs(self, model: LoadedModel, outputs: Any) -> list[Prediction]:
        """Return the labels of a probability of a half or more; the score is that of the least sure decision."""
        probabilities = outputs.sigmoid()
        sure = probabilities.maximum(1 - probabilities).min(dim=1).values
        likely = (probabilities >= LIKELY).tolist()
        chosen = [[label for label, is_given in zip(model.labels, row, strict=True) if is_given] for row in likely]
        return [Prediction(labels, score) for labels, score in zip(chosen, sure.tolist(), strict=True)]

    def tally(self, prediction: Any, truth: Any) -> Tally:
        """Count an answer as right where all its labels are, and none is lacking."""
        return Tally(float(set(self.answers(prediction, ())) != set(self.answers(truth, ()))))

    def measure(self, rows: Sequence[Row], predictions: Sequence[Prediction]) -> dict[str, float]:
        """Return the share of inputs with all labels right, and F1 over all labels and as the mean over them."""
        truths = [self.answers(row.values["labels"], ()) for row in rows]
        found = [self.answers(prediction.value, ()) for prediction in predictions]
        right = sum(set(one) == set(other) for one, other in zip(truths, found, strict=True))
        names = sorted({name for labels in (*truths, *found) for name in labels})
        if not names:
            return {"accuracy": 1.0, "micro_f1": 1.0, "macro_f1": 1.0}
        binary = MultiLabelBinarizer(classes=names)
        matrices = [binary.fit_transform(sets) for sets in (truths, found)]
        scores = {
            f"{kind}_f1": float(f1_score(*matrices, average=kind, zero_division=0)) for kind in ("micro", "macro")
        }
        return {"accuracy": right / len(rows), **scores}
