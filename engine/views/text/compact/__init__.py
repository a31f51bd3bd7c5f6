"""Plans of any size: a line for each change, and what several have in common once."""
