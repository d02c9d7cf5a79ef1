"""The model card beside the weights, as the Hugging Face Hub reads it."""

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from refit_trainer.explain.facts import Facts

PIPELINES = {
    "speech-recognition": "automatic-speech-recognition",
    "recommendation": None,
    "multi-label": "text-classification",
    "image-multi-label": "image-classification",
    "regression": "text-classification",
}
"""What the Hub calls a task; it has no name for the second. The others have the name that they have here."""
LIBRARIES = {"tabular-classification": "xgboost"}
BODY = """---
{data}
---
# {title}

Trained by Refit, which retrains a model when a metric that it is watched by falls.

- Task: {task}
- Started from: `{base}`
- Trained on {rows} rows; judged on {held} rows that training never saw.
- Digest: `{digest}`

{metrics}

`report.html` beside this file shows where it is better and worse.
"""


def render_card(facts: Facts) -> str:
    """Return the card: metrics in the form that model indexes read, and a few sentences."""
    manifest, judged = facts.manifest, facts.models[0]
    pipeline = PIPELINES.get(facts.task, facts.task)
    results = [
        EvalResult(
            task_type=pipeline or facts.task,
            dataset_type="holdout",
            dataset_name="holdout",
            metric_type=name,
            metric_value=round(value, 4),
        )
        for name, value in judged.metrics.items()
    ]
    data = ModelCardData(
        model_name=facts.title,
        pipeline_tag=pipeline,
        library_name=LIBRARIES.get(facts.task, "transformers"),
        eval_results=results,
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
