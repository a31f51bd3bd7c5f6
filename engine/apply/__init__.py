"""Carrying out a plan: concurrently where it allows, recorded after every operation."""
