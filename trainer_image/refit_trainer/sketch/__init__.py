"""What a model was judged on, in outline: so that a server sees foreign inputs without a label."""
