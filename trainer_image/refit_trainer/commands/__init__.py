"""What each command does, from a parsed configuration to its report."""
