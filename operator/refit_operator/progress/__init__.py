"""How far training is: pods report it in Kubeflow Trainer's terms, an unmodified Hugging Face Trainer among them."""
