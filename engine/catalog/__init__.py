"""What Stripe is, as data: types derived from the SDK, and what no machine can know."""
