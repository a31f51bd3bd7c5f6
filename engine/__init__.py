"""Plan and apply for Stripe accounts."""
