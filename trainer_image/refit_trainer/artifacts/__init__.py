"""Model folders and checkpoints: what may be in one, its digest and manifest, publication and retention."""
