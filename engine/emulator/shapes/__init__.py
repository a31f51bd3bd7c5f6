"""What follows from a response's shape alone: paths of ids, whole documents, dotted paths."""
