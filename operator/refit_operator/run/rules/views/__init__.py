"""What Jobs, pods and reports say, as values that checks can hold against each other."""
