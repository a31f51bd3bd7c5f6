"""`engine diff` and `engine promote`: two environments of one project, side by side."""
