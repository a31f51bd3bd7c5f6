"""The plan: what would change and why, made by pure functions."""
