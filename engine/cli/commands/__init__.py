"""One module a command, or a group of them: what it takes, and which use case it runs."""
