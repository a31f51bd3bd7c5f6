"""Carrying out a plan, with a journal of what is sent; recovering a run that was interrupted."""
