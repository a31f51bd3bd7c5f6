"""Stack modules as text: writes the code of declarations, and edits values in it."""
