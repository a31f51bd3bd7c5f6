"""Use cases: one module or room for each command."""
