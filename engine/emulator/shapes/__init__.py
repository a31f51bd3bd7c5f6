"""What follows from the shape of an answer alone: places of ids, whole documents, dotted paths."""
