"""What a run does next: no network, no clock."""
