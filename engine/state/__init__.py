"""State: what the last apply declared and what Stripe returned, and the format of its file."""
