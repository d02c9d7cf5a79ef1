"""Images to any number of labels. Any network that AutoModelForImageClassification knows."""

from refit_trainer.tasks.components.label_sets import LabelSets
from refit_trainer.tasks.image_classification import ImageClassification

TASK = LabelSets(ImageClassification())
