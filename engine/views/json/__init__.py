"""The format for programs: one JSON document for each command."""
