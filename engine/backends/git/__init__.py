"""Git: reads commits, and is set up so that it merges and shows states readably."""
