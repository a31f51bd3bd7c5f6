"""`engine plan -o FILE` and `engine apply FILE`: save a plan, and apply exactly it."""
