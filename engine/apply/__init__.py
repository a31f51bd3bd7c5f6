"""Carrying out a plan, concurrently and written down as it goes; taking up one that was cut off."""
