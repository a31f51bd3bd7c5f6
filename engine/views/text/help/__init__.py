"""Fields of types as text, with what Stripe's SDK says of them."""
