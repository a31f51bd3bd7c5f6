"""The random life of several stacks in two environments, and what must hold in it."""
