"""Makes the steps that carry the decisions out, and orders them: creations, updates, removals."""
