"""Plans as files, and the preconditions under which such a plan may be applied."""
