"""State: what the last apply declared and saw, its file format, and the port that keeps it."""
