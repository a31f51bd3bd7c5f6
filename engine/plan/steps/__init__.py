"""The steps that carry the decisions out, and their order."""
