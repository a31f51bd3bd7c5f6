"""Checks of a project and of its versions as text."""
