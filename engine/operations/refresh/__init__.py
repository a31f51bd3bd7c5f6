"""Asking Stripe, in as few requests as the question allows."""
