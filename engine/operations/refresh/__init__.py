"""Read from Stripe what a plan needs, in as few requests as possible."""
