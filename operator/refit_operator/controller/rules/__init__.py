"""Which of the monitors that are due is reconciled next."""
