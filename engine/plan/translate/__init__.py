"""Between a declaration and Stripe: what a request carries, what state keeps of a response."""
