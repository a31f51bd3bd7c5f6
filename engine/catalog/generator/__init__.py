"""A developer's tool: derives the catalogue and the typed face from the installed Stripe SDK."""
