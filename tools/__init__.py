"""What developers run and what is no part of the program."""
