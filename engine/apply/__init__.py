"""Carrying out a plan, every operation written down before it is sent and after it."""
