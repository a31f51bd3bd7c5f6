"""Ports in memory, and a Stripe that follows a script."""
