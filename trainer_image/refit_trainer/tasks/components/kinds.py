"""What kind a task is of, told without loading torch before a task is."""

from refit_trainer.tasks import Task


def is_classification(task: Task) -> bool:
    """Tell whether a task gives one of a few labels, by a head that has a row for each."""
    from refit_trainer.tasks.components.classification import Classification

    return isinstance(task, Classification)
