"""What is left of the old domain once a model has learnt a new one: with all weights, and with old rows replayed."""

from collections.abc import Sequence

from benchmarks.train.material import START_ROWS, TRAIN_ROWS, Material, accuracies, learn, note
from refit_trainer.contract.config import Dataset
from refit_trainer.data.reader import draw_replay

NEW = ("tweets",)
WAYS = {
    "full": ("full", 0.0, {"epochs": 3}),
    "incremental, no replay": ("incremental", 0.0, {}),
    "incremental, replay 0.2": ("incremental", 0.2, {}),
    "incremental, replay 0.5": ("incremental", 0.5, {}),
}


def run(material: Material, seeds: Sequence[int]) -> None:
    """Train the model that knows films on each new domain, each way."""
    old = material.learn("movies", START_ROWS)
    for seed in seeds:
        for domain in NEW:
            for name, (method, replay, settings) in WAYS.items():
                note(f"forgetting: {name}, {domain}, seed {seed}")
                drawn = draw_replay(len(old), Dataset(recent=TRAIN_ROWS, replay=replay))
                rows = [*(old[i] for i in drawn), *material.learn(domain)]
                model = material.load()
                seconds = learn(model, rows, method, learning_rate=1e-4, seed=seed, **settings)[1]
                found = accuracies(material, model, ("movies", domain))
                facts = {"name": name, "domain": domain, "seed": seed, "seconds": seconds}
                material.say("forgetting", **facts, old=found["movies"], new=found[domain])
