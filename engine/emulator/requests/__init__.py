"""What happens to one request: its context, its idempotency key, its operation and its answer."""
