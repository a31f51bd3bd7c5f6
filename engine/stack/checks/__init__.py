"""Finding every mistake of a stack without asking Stripe."""
