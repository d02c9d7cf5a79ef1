"""Texts to any number of labels: topics, tags. Any encoder that AutoModelForSequenceClassification knows."""

from refit_trainer.tasks.components.label_sets import LabelSets
from refit_trainer.tasks.text_classification import TextClassification

TASK = LabelSets(TextClassification())
