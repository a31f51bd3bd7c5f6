"""Edits the text of stack modules: sets, adds and removes what a declaration's call says."""
