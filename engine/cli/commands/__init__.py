"""One module for each command or group of commands: its options, and the use case that it runs."""
