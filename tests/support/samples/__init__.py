"""Declarations for every leaf of every type, and whole stacks made at random."""
