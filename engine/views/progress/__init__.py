"""Progress: what a run shows while it works."""
