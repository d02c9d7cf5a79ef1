"""The model card beside the weights, as the Hugging Face Hub reads it."""

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from refit_trainer.explain.facts import Facts

BODY = """---
{data}
---
# {title}

A checkpoint that was trained without a person asking for it: a metric of the model in service had fallen.

- Task: {task}
- Started from: `{base}`
- Trained on {rows} rows; judged on {held} rows that training never saw.
- Digest: `{digest}`

{metrics}

`report.html` beside this file shows where it is better and worse than the model that was served before, and why.
"""


def render_card(facts: Facts) -> str:
    """Return the card: metrics in the form that model indexes read, and a few sentences."""
    manifest, judged = facts.manifest, facts.models[0]
    results = [
        EvalResult(
            task_type=facts.task,
            dataset_type="holdout",
            dataset_name="holdout",
            metric_type=name,
            metric_value=round(value, 4),
        )
        for name, value in judged.metrics.items()
    ]
    data = ModelCardData(
        model_name=facts.title, pipeline_tag=facts.task, library_name="transformers", eval_results=results
    )
    text = BODY.format(
        data=data.to_yaml(),
        title=facts.title,
        task=facts.task,
        base=(manifest.get("base") or {}).get("uri", "unknown"),
        rows=manifest.get("rows", "an unknown number of"),
        held=facts.rows,
        digest=manifest.get("digest", ""),
        metrics="\n".join(_line(facts, name) for name in judged.metrics),
    )
    return str(ModelCard(text, ignore_metadata_errors=True))


def _line(facts: Facts, metric: str) -> str:
    values = [f"{model.metrics[metric]:.4f}" for model in facts.models]
    before = f" (the model served before: {values[1]})" if len(values) > 1 else ""
    return f"- {metric}: {values[0]}{before}"
