"""One line for a change: what people call its object, and what happens to it, with its money."""
