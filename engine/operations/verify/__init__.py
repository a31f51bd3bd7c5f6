"""Checking state files: what can be wrong in one, and how to repair it."""
