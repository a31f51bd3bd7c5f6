"""A fleet in each format: equal plans once, and what became of each account."""
