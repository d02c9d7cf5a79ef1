"""URIs and the stores behind them: local folders, object stores, the Hugging Face hub."""
