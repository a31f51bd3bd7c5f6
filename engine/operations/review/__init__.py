"""`engine review`: what was applied between two commits, from their state files."""
