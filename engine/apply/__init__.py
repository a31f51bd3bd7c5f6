"""Carrying out a plan: concurrently where it allows, written down before and after each operation."""
