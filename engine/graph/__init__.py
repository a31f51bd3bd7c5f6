"""Order: a generic stable sort, and the graph of a stack's resources."""
