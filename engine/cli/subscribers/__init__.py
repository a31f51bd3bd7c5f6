"""Plans of moves on the command line: their files, and how they are applied."""
