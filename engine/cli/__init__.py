"""The command line: the only place that knows click, prints, asks, and sets exit codes."""
