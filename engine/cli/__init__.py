"""The command line: the only place that knows click, prints, asks questions and sets exit codes."""
