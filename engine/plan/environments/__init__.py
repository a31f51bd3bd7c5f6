"""Compares the objects of the same stacks in two environments, leaf by leaf."""
