"""Checks of plans against other states of the project and against the account."""
