"""A plan as a file, and what must still hold when it is applied."""
