"""Who sends a request: API keys, the account of a key, and its rate limits."""
