"""Where objects and first responses are kept: the SQLite store, and the history of creations."""
