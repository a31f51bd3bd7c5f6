"""What happens to one request: context, idempotency key, operation and response."""
