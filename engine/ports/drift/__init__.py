"""What a run of `engine drift` returns: what was changed on Stripe, and what was accepted."""
