"""What programs read: the JSON document of each command."""
