"""Out: from a metric to an episode, and from an episode to people."""

PROJECT = "cascadewatch"
