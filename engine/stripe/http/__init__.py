"""Requests to Stripe: rate, retries, responses and errors."""
