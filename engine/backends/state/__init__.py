"""Keeps states, journals and locks: adapters of the port `StateBackend`."""
