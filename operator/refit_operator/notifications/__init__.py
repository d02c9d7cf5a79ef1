"""What happened to a monitor, sent where an administrator says: one notification an episode, from breach to outcome."""
