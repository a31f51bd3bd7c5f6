"""Use cases, one a module."""
