"""One model that may answer: with a queue of its own, so that no batch, and no request, has answers of two models."""

from refit_serving.batching import Batcher
from refit_serving.inputs import Inputs
from refit_serving.metrics import Metrics
from refit_serving.model import ServedModel
from refit_serving.settings import Settings
from refit_serving.watch import Watch


class Version:
    """A model, the thread that computes with it, and what its answers say before any label comes."""

    def __init__(self, model: ServedModel, settings: Settings, inputs: Inputs, metrics: Metrics) -> None:
        self.model = model
        self.batcher = Batcher(
            model.predict, settings.max_batch, model.task.example(), inputs.cost, settings.max_wait_seconds
        )
        self._metrics = metrics
        self.watch = self._new_watch()

    @property
    def digest(self) -> str:
        """The digest of the model."""
        return self.model.digest

    def activate(self) -> None:
        """Export from now on what this model's answers say: those of before another one answered say nothing now."""
        self.watch = self._new_watch()
        self._metrics.registry.register(self.watch)
        self._metrics.show_model(self.digest)

    def deactivate(self) -> None:
        """Export it no longer; requests that are under way are answered all the same."""
        self._metrics.registry.unregister(self.watch)

    async def close(self) -> None:
        """Wait for the requests that are under way, and stop the thread."""
        await self.batcher.drain()
        await self.batcher.stop()
        self.model.discard()

    def _new_watch(self) -> Watch:
        return Watch(self.model.task, self.model.loaded.labels, self.model.sketch, self._metrics)
