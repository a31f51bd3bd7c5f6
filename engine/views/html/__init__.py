"""The format for people who open a file: one HTML page that needs nothing else."""
