"""A developer's tool: derives the catalog and the typed face from the installed Stripe SDK."""
