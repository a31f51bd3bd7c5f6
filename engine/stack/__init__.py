"""Stacks: what authors write, how it is loaded, and what is wrong with it."""
