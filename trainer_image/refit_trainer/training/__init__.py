"""The training loop around the Hugging Face Trainer: saved states, batch order, early stopping, the hardware."""
