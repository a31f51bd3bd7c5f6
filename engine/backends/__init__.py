"""Adapters behind the ports that keep states, journals, locks, secrets and plan files."""
