"""A text classifier in Triton's Python backend: texts in, the likeliest label of each and its probability out."""

import os

import numpy as np
import triton_python_backend_utils as triton
from transformers import pipeline


class TritonPythonModel:
    """What Triton calls; the model is the one that MODEL leads to."""

    def initialize(self, args):
        """Load the model; an exception here keeps the server from becoming ready."""
        device = 0 if args["model_instance_kind"] == "GPU" else "cpu"
        self.classify = pipeline("text-classification", model=os.environ["MODEL"], device=device)

    def execute(self, requests):
        """Answer each request, of shape [texts, 1], by two tensors of that shape."""
        return [self._answer(triton.get_input_tensor_by_name(request, "text").as_numpy()) for request in requests]

    def _answer(self, texts):
        found = self.classify([text.decode() for text in texts.reshape(-1)], truncation=True)
        labels = np.array([[one["label"].encode()] for one in found], dtype=object)
        scores = np.array([[one["score"]] for one in found], dtype=np.float32)
        return triton.InferenceResponse([triton.Tensor("label", labels), triton.Tensor("score", scores)])
