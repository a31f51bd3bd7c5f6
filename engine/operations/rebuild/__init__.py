"""A lost state, made again from the account."""
