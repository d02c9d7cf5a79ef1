"""Two questions about a sentence, how its writer feels and where they wrote it: one encoder for both, or one each."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from benchmarks.train.material import Material, accuracy, learn, note, task
from refit_trainer.data.rows import Row
from refit_trainer.training.compute import seed_everything

DOMAINS = ("movies", "amazon", "tweets", "nyt")
TRAIN_EACH, HELD_EACH = 400, 150
QUESTIONS = ("sentiment", "source")
SETTINGS = {"learning_rate": 1e-4, "epochs": 2}


def run(material: Material, seeds: Sequence[int]) -> None:
    """Train the pretrained MiniLM on both questions, and on each alone."""
    taught = _both(lambda domain: material.learn(domain, TRAIN_EACH))
    held = _both(lambda domain: material.held(domain)[:HELD_EACH])
    for seed in seeds:
        note(f"questions: seed {seed}")
        measured, seconds = _learn(material, taught, held, "multi-task", seed)
        material.say("questions", name="one model", seed=seed, seconds=seconds, **measured)
        singles = {name: _learn(material, _only(taught, name), _only(held, name), "full", seed) for name in QUESTIONS}
        found = {name: single["accuracy"] for name, (single, _) in singles.items()}
        total = round(sum(seconds for _, seconds in singles.values()), 2)
        material.say("questions", name="a model each", seed=seed, seconds=total, **found)


def _learn(
    material: Material, rows: Sequence[Row], held: Sequence[Row], method: str, seed: int
) -> tuple[dict[str, float], float]:
    seed_everything(seed)
    model = task.load(material.data / "minilm", rows)
    seconds = learn(model, rows, method, seed=seed, **SETTINGS)[1]
    if method == "full":
        return {"accuracy": accuracy(model, held)}, seconds
    measured = task.measure(held, task.predict(model, held))
    return {name: round(measured[f"accuracy_{name}"], 4) for name in QUESTIONS}, seconds


def _both(by_domain: Callable[[str], list[Row]]) -> list[Row]:
    return [_ask(row, domain) for domain in DOMAINS for row in by_domain(domain)]


def _ask(row: Row, domain: str) -> Row:
    return replace(row, values={**row.values, "label": {"sentiment": row.values["label"], "source": domain}})


def _only(rows: Sequence[Row], question: str) -> list[Row]:
    return [replace(row, values={**row.values, "label": row.values["label"][question]}) for row in rows]
