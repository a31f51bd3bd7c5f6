"""`engine upgrade`: what another API version of Stripe would change, before anything does."""
