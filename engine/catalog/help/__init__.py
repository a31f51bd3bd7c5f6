"""What people can read of a type and its fields: what they mean, what a change of them does."""
