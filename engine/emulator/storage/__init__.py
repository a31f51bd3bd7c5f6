"""Where objects and first answers are kept: the sqlite store and the history of what was made."""
