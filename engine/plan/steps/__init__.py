"""The operations that carry the decisions out, and their order."""
